# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026, the Rouse authors
#
# A QEMU machine without a disk, behind a switch in namespace `lab`. Its console goes to
# $work/NAME.console; with ROUSE_SHOW_CONSOLE also to the terminal. Always TCG: the suite must run
# where there is no KVM.

machine_tap=tap0
machine_mac=52:54:00:77:00:01
machine_card= # further properties of a UEFI machine's network card: ",bootindex=1"

qemu_program=qemu-system-x86_64

need_machines() {
	need_root
	need_programs ip $qemu_program python3
	[ -c /dev/net/tun ] || skip "/dev/net/tun is missing: modprobe tun"
}

# make_lab: the machine's switch, with the server's link and a tap for QEMU.
make_lab() {
	make_server_netns
	ip -n "$test_id-lab" tuntap add $machine_tap mode tap
	ip -n "$test_id-lab" link set $machine_tap up
	make_bridge lab br0 eth0 $machine_tap
	start_ipv6_router br0
}

# start_ipv6_router BRIDGE: without it each start of iPXE takes 15 s longer.
start_ipv6_router() {
	run_background router ns lab env PYTHONPATH="$top/tests" python3 "$top/tests/machines/router.py" "$1"
	wait_for 15 "the IPv6 router" log_has router waiting
}

# make_fetch_tree BYTES: a script that reads one image of this size, and says how that went.
make_fetch_tree() {
	mkdir "$work/tree"
	dummy_file "$work/tree/image" "$1"
	printf '#!ipxe\nimgfetch image && echo Rouse: all of it is here || echo Rouse: it failed\nsleep 100\n' \
		>"$work/tree/boot.ipxe"
}

# qemu NAME ARGUMENTS...: without a disk, a display and a network card of QEMU's own choice.
qemu() {
	local name=$1
	shift
	run_background "$name" ns lab $qemu_program -name "$name" -accel tcg -nodefaults \
		-no-user-config -display none -monitor none -no-reboot \
		-chardev "socket,id=console,path=$work/$name.keys,server=on,wait=off,logfile=$work/$name.console" \
		-serial chardev:console "$@"
	on_machine=$name
	wait_for 20 "QEMU to start" test -S "$work/$name.keys"
	[ -z "${ROUSE_SHOW_CONSOLE-}" ] || run_console_viewer "$name"
}

# Follows the console on our own output, without what moves the cursor.
run_console_viewer() {
	local shown=$work/$1.console
	: >>"$shown"
	tail -n +1 -F "$shown" 2>/dev/null > >(sed -u -e 's/\x1b\[[0-9;?=]*[A-Za-z]//g' -e 's/\x1b[()][A-Z0-9]//g') &
	background_pids[$1-viewer]=$!
}

# power_on_bios NAME [CARD [ARGUMENTS...]]: SeaBIOS and Debian's iPXE ROM of the card. graphics=off puts
# the text screen of BIOS and ROM on the serial port.
power_on_bios() {
	qemu "$1" -machine pc,graphics=off -m 768 -device "${2:-e1000},netdev=net,mac=$machine_mac" \
		-netdev "tap,id=net,ifname=$machine_tap,script=no,downscript=no" "${@:3}"
}

# power_on_uefi NAME [ARGUMENTS...]: OVMF, which boots from the network by its own driver: the card has no
# ROM. memtest86+ refuses to start without a screen.
power_on_uefi() {
	cp /usr/share/OVMF/OVMF_VARS_4M.fd "$work/$1.vars"
	qemu "$1" -machine q35 -m 768 -device VGA \
		-drive if=pflash,format=raw,readonly=on,file=/usr/share/OVMF/OVMF_CODE_4M.fd \
		-drive "if=pflash,format=raw,file=$work/$1.vars" \
		-device "virtio-net-pci,netdev=net,mac=$machine_mac,romfile=$machine_card" \
		-netdev "tap,id=net,ifname=$machine_tap,script=no,downscript=no" "${@:2}"
}

# power_on_uefi_http NAME [ARGUMENTS...]: the same, without PXE: only HTTP boot is left.
power_on_uefi_http() {
	power_on_uefi "$1" -fw_cfg name=opt/org.tianocore/IPv4PXESupport,string=n \
		-fw_cfg name=opt/org.tianocore/IPv6PXESupport,string=n "${@:2}"
}

# power_on_arm64 NAME CARD ARGUMENTS...: a 64-bit ARM machine; say qemu_program=qemu-system-aarch64 before
# need_machines.
power_on_arm64() {
	qemu "$1" -machine virt -cpu cortex-a57 -m 1024 \
		-device "$2,netdev=net,mac=$machine_mac,romfile=" \
		-netdev "tap,id=net,ifname=$machine_tap,script=no,downscript=no" "${@:3}"
}

# power_on_arm64_uefi NAME: EDK2 for it.
power_on_arm64_uefi() {
	cp /usr/share/AAVMF/AAVMF_VARS.fd "$work/$1.vars"
	power_on_arm64 "$1" virtio-net-pci \
		-drive if=pflash,format=raw,readonly=on,file=/usr/share/AAVMF/AAVMF_CODE.fd \
		-drive "if=pflash,format=raw,file=$work/$1.vars"
}

# power_on_vhost NAME SOCKET: SeaBIOS and the virtio ROM of iPXE, its card on a vhost-user port: the
# machine's memory is shared with the server's process, no kernel network in between. vectors=0: without
# KVM, QEMU 7.2 crashes when the guest's driver sets up MSI-X on such a card.
power_on_vhost() {
	qemu "$1" -machine pc,graphics=off,memory-backend=ram -m 768 \
		-object memory-backend-memfd,id=ram,size=768M,share=on \
		-chardev "socket,id=vhost,path=$2" -netdev vhost-user,id=net,chardev=vhost \
		-device virtio-net-pci,netdev=net,mac=$machine_mac,vectors=0
}

# The console as plain text: no escape sequences, no carriage returns.
console_text() {
	sed -e 's/\x1b\[[0-9;?=]*[A-Za-z]//g' -e 's/\x1b[()][A-Z0-9]//g' "$work/$1.console" |
		tr -d '\r\000'
}

# doubled PATTERN: the same, for a console on which each character may stand twice: SeaBIOS writes what is
# under the cursor again when its serial port catches up with the screen, as in "anothheer kind ((ppcbios".
doubled() {
	perl -e '$_ = shift; s/\[[^\]]*\](*SKIP)(*F)|\{[^}]*\}(*SKIP)(*F)|(\\[[:punct:]]|(?<!\\)[A-Za-z0-9])(?![+*?{])/$1+/g; print' -- "$1"
}

# All of it is read: a grep that ends at its match leaves whoever writes with a broken pipe, which counts as
# a failure.
console_has() {
	console_text "$1" | grep -aE -- "$(doubled "$2")" >/dev/null
}

machine_reached() {
	console_has "$1" "$2" && return 0
	is_running "$1" || {
		console_text "$1" | grep -av '^ *$' | tail -n 30 >&$messages
		fail "QEMU ended before '$2' appeared"
	}
	return 1
}

# wait_for_console NAME SECONDS PATTERN: prints when it came, as the machine's user would see it.
wait_for_console() {
	local start=$EPOCHSECONDS
	if ! wait_until "$2" machine_reached "$1" "$3"; then
		console_text "$1" | grep -av '^ *$' | tail -n 40 >&$messages || true
		fail "'$3' was not on the console of $1 within $2 s"
	fi
	say "$1: '$3' after $((EPOCHSECONDS - start)) s"
}

# end_of_match NAME PATTERN: where the first match behind $seen ends, in bytes of the console.
end_of_match() {
	python3 - "$work/$1.console" "$seen" "$(doubled "$2")" <<-'END'
		import re
		import sys
		path, seen, pattern = sys.argv[1], int(sys.argv[2]), sys.argv[3].encode().decode("latin-1")
		raw = open(path, "rb").read()[seen:].decode("latin-1")
		shown = re.sub(r"\x1b\[[0-9;?=]*[A-Za-z]|\x1b[()][A-Z0-9]|[\r\0]", lambda m: "\0" * len(m.group()), raw)
		places = [i for i, c in enumerate(shown) if c != "\0"]
		end = re.search(pattern, shown.replace("\0", ""), re.M).end()
		print(seen + (places[end - 1] + 1 if end else 0))
	END
}

# wait_again NAME SECONDS PATTERN: on the console behind what the last call waited for. What came with
# that is for the next one: a fast machine writes a notice and its menu at once.
seen=0
wait_again() {
	wait_until "$2" shows "$1" "$3" || {
		console_since "$1" | grep -av '^ *$' | tail -n 30 >&$messages || true
		fail "'$3' was not on the console of $1 within $2 s"
	}
	seen=$(end_of_match "$1" "$3")
	say "$1: '$3'"
}

console_since() {
	tail -c +$((seen + 1)) "$work/$1.console" |
		sed -e 's/\x1b\[[0-9;?=]*[A-Za-z]//g' -e 's/\x1b[()][A-Z0-9]//g' | tr -d '\r\000'
}

shows() {
	console_since "$1" | grep -aE -- "$(doubled "$2")" >/dev/null
}

# type_keys NAME TEXT: as printf(1) formats it: '\002' is Ctrl-B, '\r' Enter. At a typist's speed: the
# BIOS polls its serial port, and what comes faster is lost.
type_keys() {
	local text key
	printf -v text "$2"
	for ((key = 0; key < ${#text}; key++)); do
		printf '%s' "${text:key:1}"
		sleep 0.06
	done | socat -u - "UNIX-CONNECT:$work/$1.keys"
}
