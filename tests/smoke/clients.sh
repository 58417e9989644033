# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026, the Rouse authors
#
# Linux clients against the server on one kind of port ($server_device): addresses obtained, renewed
# and released, files compared byte by byte, while HTTP and SSH on the same interface and address answer.

. "$top/tests/server.sh"
. "$top/tests/capture.sh"

need_root
need_programs ip udhcpc dhclient busybox tftp atftp curl tcpdump python3 cmp openssl
sizes=(0 1 511 512 513 1428 65536 1048576 5000001)

make_tree() {
	local size
	for size in "${sizes[@]}"; do
		dummy_file "$work/tree/file-$size" "$size"
	done
	mkdir "$work/tree/dir"
	dummy_file "$work/tree/dir/nested" 4097
	echo '#!ipxe' >"$work/tree/boot.ipxe"
	cp "$work/tree/boot.ipxe" "$work/tree/undionly.kpxe"
	cp "$work/tree/boot.ipxe" "$work/tree/shimx64.efi"
	mkdir "$work/got"
}

# Other programs of the host, on the same interface and address.
start_kernel_services() {
	run_background http ns server python3 -m http.server --bind $server_address \
		--directory "$work/tree" 8080
	wait_for 15 "the HTTP server" kernel_services_answer
}

kernel_services_answer() {
	ns lab curl -fsS -m 5 -o "$work/got/http" "http://$server_address:8080/file-65536" &&
		cmp -s "$work/tree/file-65536" "$work/got/http"
}

start_sshd() {
	ssh-keygen -q -t ed25519 -N '' -f "$work/host_key"
	mkdir -p /run/sshd
	run_background sshd ns server "$(type -P sshd)" -D -e -f /dev/null -h "$work/host_key" \
		-o ListenAddress=$server_address -o Port=2222 -o PidFile=none -o MaxStartups=100
	wait_for 15 "sshd" sshd_answers
}

sshd_answers() {
	ns lab ssh-keyscan -t ed25519 -T 5 -p 2222 $server_address 2>/dev/null | grep -q ssh-ed25519
}

watch_icmp() {
	run_background icmp ns lab tcpdump --immediate-mode -l -n -i eth0 \
		"src host $server_address and icmp[icmptype] == icmp-unreach"
	wait_for 15 "tcpdump" log_has icmp 'listening on'
}

no_icmp_unreachable() {
	! grep -aq unreachable "$work/icmp.log" || fail "ICMP unreachable on the wire: $(cat "$work/icmp.log")"
}

# The server's word on who has an address now.
leased() {
	case $server in
	rouse) rouse leases --json | grep -q "\"$1\"" ;;
	dnsmasq) grep -q " $1 " "$work/leases" ;;
	esac
}

not_leased() {
	! leased "$1"
}

# A client's script: sets the address, and writes what the server said to one file per event.
event_script() {
	cat >"$work/event" <<-END
		#!/bin/sh
		case \${1:-\$reason} in
		bound | renew) ip address replace \$ip/\$mask dev eth0 ;;
		BOUND | RENEW | REBIND | REBOOT) ip address replace \$new_ip_address/24 dev eth0 ;;
		deconfig | RELEASE) ip address flush dev eth0 ;;
		esac
		env >"$work/new-event"
		mv "$work/new-event" "$work/events.\${1:-\$reason}"
	END
	chmod +x "$work/event"
	rm -f "$work"/events.*
}

# said EVENT VARIABLE: its value there.
said() {
	sed -n "s/^$2=//p" "$work/events.$1"
}

test_udhcpc() {
	local address
	say "udhcpc: obtained, renewed, released"
	event_script
	watch_wire
	run_background udhcpc ns lab udhcpc -f -i eth0 -s "$work/event" -t 10 -T 1 -O bootfile
	wait_for 20 "an address for udhcpc" test -f "$work/events.bound"
	address=$(said bound ip)
	[[ $address == 10.77.0.* ]] || fail "udhcpc got '$address'"
	expect "router" $server_address "$(said bound router)"
	expect "DNS server" $server_address "$(said bound dns)"
	expect "mask" 24 "$(said bound mask)"
	expect "server" $server_address "$(said bound serverid)"
	leased "$address" || fail "the server does not list $address"
	signal udhcpc USR1
	wait_for 20 "udhcpc to renew" test -f "$work/events.renew"
	expect "address after the renewal" "$address" "$(said renew ip)"
	signal udhcpc USR2
	wait_for 10 "the release of $address" not_leased "$address"
	stop udhcpc || true
	end_wire
	expect_said "udhcpc says what it is" 'client 68 DISCOVER .*60=udhcp '
	expect_said "it renews from its address" "client 68 REQUEST ciaddr=$address "
	expect_said "and is answered there" "server 68 ACK ciaddr=$address yiaddr=$address "
}

test_dhclient() {
	local address
	say "dhclient: obtained, renewed at T1, rebooted, released"
	event_script
	watch_wire
	echo 'timeout 20; retry 5; initial-interval 1;' >"$work/dhclient.conf"
	run_dhclient
	wait_for 25 "an address for dhclient" test -f "$work/events.BOUND"
	address=$(said BOUND new_ip_address)
	[[ $address == 10.77.0.* ]] || fail "dhclient got '$address'"
	expect "domain" cluster.example "$(said BOUND new_domain_name)"
	wait_for 100 "dhclient to renew" test -f "$work/events.RENEW"
	expect "address after the renewal" "$address" "$(said RENEW new_ip_address)"
	stop dhclient || true
	run_dhclient
	wait_for 25 "dhclient to ask for its former address" test -f "$work/events.REBOOT"
	expect "address after the reboot" "$address" "$(said REBOOT new_ip_address)"
	stop dhclient || true
	ns lab dhclient -r -sf "$work/event" -lf "$work/dhclient.leases" -pf "$work/dhclient.pid" \
		-cf "$work/dhclient.conf" eth0 >>"$work/dhclient.log" 2>&1
	wait_for 10 "the release of $address" not_leased "$address"
	ns lab ip address flush dev eth0
	end_wire
	expect_said "dhclient comes back with its address" 'client 68 REQUEST 50=[0-9a-f]{8} '
	expect "and asks nobody for another" 1 "$(count_on_wire 'client 68 DISCOVER')"
}

run_dhclient() {
	run_background dhclient ns lab dhclient -d -sf "$work/event" -lf "$work/dhclient.leases" \
		-pf "$work/dhclient.pid" -cf "$work/dhclient.conf" eth0
}

# same NAME WHAT: the file that was just loaded, against the served one.
same() {
	cmp "$work/tree/$1" "$work/got/loaded" || fail "$2: $1 is not what was served"
	rm -f "$work/got/loaded"
}

# load NAME WHAT COMMAND...
load() {
	: >"$work/got/loaded" # curl makes no file when there are no bytes
	timeout 60 ip netns exec "$test_id-lab" "${@:3}" >>"$work/load.log" 2>&1 ||
		fail "$2: $1 was not loaded: $(tail -n 3 "$work/load.log")"
	same "$1" "$2"
}

test_tftp_clients() {
	local size name to=$work/got/loaded
	say "files by busybox tftp, tftp-hpa, atftp and curl"
	ns lab ip address add 10.77.0.2/24 dev eth0
	for size in "${sizes[@]}"; do
		name=file-$size
		load $name "busybox tftp" busybox tftp -g -r $name -l "$to" $server_address
		load $name "busybox tftp -b 1432" busybox tftp -b 1432 -g -r $name -l "$to" $server_address
		load $name tftp-hpa tftp -m binary $server_address -c get $name "$to"
		load $name "atftp" atftp -g -r $name -l "$to" $server_address
		load $name "atftp, windowsize 16" atftp --option "blksize 1428" --option "windowsize 16" \
			--option "tsize 0" -g -r $name -l "$to" $server_address
		# dnsmasq tells curl a tsize of 0, which that takes for an error.
		[ $server/$size = dnsmasq/0 ] && continue
		load $name curl curl -fsS -m 60 -o "$to" "tftp://$server_address/$name"
		load $name "curl, blksize 1432" curl -fsS -m 60 --tftp-blksize 1432 -o "$to" \
			"tftp://$server_address/$name"
	done
	load dir/nested "curl, a folder" curl -fsS -m 60 -o "$to" "tftp://$server_address/dir/nested"
}

# expect_no_option_unasked: each OACK has the options of its request, in their order.
expect_no_option_unasked() {
	local wrong
	wrong=$(awk '
		function options(line) {
			sub(/.* (octet|netascii|OACK)/, "", line)
			gsub(/=[0-9]+/, "", line)
			return line
		}
		$4 == "RRQ" { asked[$3] = options($0) }
		$4 == "OACK" && options($0) != asked[$3]' "$work/wire.txt")
	[ -z "$wrong" ] || wire_fail "an OACK with other options than its request: $wrong"
}

# What each asks for, and that it gets no more than that.
test_tftp_quirks() {
	local name=file-1048576 to=$work/got/loaded
	say "what is peculiar to each"
	watch_wire
	load $name "busybox tftp" busybox tftp -g -r $name -l "$to" $server_address
	load $name "busybox tftp -b 1432" busybox tftp -b 1432 -g -r $name -l "$to" $server_address
	load $name tftp-hpa tftp -m binary $server_address -c get $name "$to"
	[ $server = dnsmasq ] || load $name "tftp-hpa, netascii" tftp -m ascii $server_address -c get $name "$to"
	load $name atftp atftp -g -r $name -l "$to" $server_address
	load $name "atftp, windowsize 16" atftp --option "windowsize 16" -g -r $name -l "$to" $server_address
	load $name curl curl -fsS -m 60 -o "$to" "tftp://$server_address/$name"
	end_wire
	expect_said "busybox: tsize alone" "client [0-9]+ RRQ $name octet tsize=0\$"
	expect_said "busybox -b: blksize and tsize" "client [0-9]+ RRQ $name octet blksize=1432 tsize=0\$"
	expect_said "tftp-hpa, atftp: no option" "client [0-9]+ RRQ $name octet\$"
	[ $server = dnsmasq ] ||
		expect_said "tftp-hpa: netascii unless told" "client [0-9]+ RRQ $name netascii\$"
	expect_said "atftp: windowsize alone" "client [0-9]+ RRQ $name octet windowsize=16\$"
	expect_said "curl: three options" "client [0-9]+ RRQ $name octet tsize=0 blksize=512 timeout=[0-9]+\$"
	expect_no_option_unasked
}

test_missing_file() {
	local start=${EPOCHREALTIME/./} status=0
	say "a missing file: an answer at once"
	ns lab curl -sS -m 20 -o "$work/got/none" "tftp://$server_address/no-such-file" 2>>"$work/load.log" ||
		status=$?
	expect "curl's exit status (68: file not found)" 68 $status
	[ $((${EPOCHREALTIME/./} - start)) -lt 1000000 ] || fail "the answer took over 1 s"
	if ns lab busybox tftp -g -r no-such-file -l "$work/got/none" $server_address 2>"$work/refused.log"; then
		fail "busybox tftp found it"
	fi
}

test_write_refused() {
	say "a write request: refused"
	# It tells an error on its output, but exits 0.
	ns lab tftp -m binary $server_address -c put "$work/tree/file-512" dir/new >"$work/refused.log" 2>&1 || true
	grep -qi error "$work/refused.log" || fail "tftp-hpa's put: $(cat "$work/refused.log")"
	[ ! -e "$work/tree/dir/new" ] || fail "it was written"
}

# While files are loaded in a loop, the services of the host go on answering.
test_services_meanwhile() {
	local i
	say "HTTP and SSH on the same interface and address, while files are loaded"
	run_background loads ns lab sh -c "while :; do
		curl -fsS -m 60 --tftp-blksize 1432 -o $work/got/loop tftp://$server_address/file-5000001 || exit 1
		cmp $work/got/loop $work/tree/file-5000001 || exit 1; echo loaded; done"
	wait_for 30 "the first file" log_has loads loaded
	for ((i = 0; i < 10; i++)); do
		kernel_services_answer || fail "HTTP did not answer"
		sshd_answers || fail "SSH did not answer"
	done
	is_running loads || fail "a file was not loaded: $(tail -n 3 "$work/loads.log")"
	stop loads || true
}

make_server_netns
make_tree
server_memory=64M
server_lease_time=60s
start_server "$work/tree"
watch_icmp
ns lab ip address add 10.77.0.2/24 dev eth0
start_kernel_services
start_sshd
ns lab ip address flush dev eth0
test_udhcpc
test_dhclient
test_tftp_clients
test_tftp_quirks
test_missing_file
test_write_refused
test_services_meanwhile
no_icmp_unreachable
