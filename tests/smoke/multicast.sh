# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026, the Rouse authors
#
# RFC 2090 with atftp, each client on a host of its own: alone, two and eight at once, one that joins
# late, masters that are killed, and loss on the bridge, which each host has for itself. Then 64
# receivers of rouse-storm at 10 %. Every file is whole, and DATA is sent to the group about as often as
# it must be: at 2 % loss 1.15 times for eight, at 10 % 2.54 times for 64.

. "$top/tests/server.sh"

need_root
need_programs ip nft python3 openssl atftp cmp
clients=8
kills=${kills:-10}
blksize=1428
got=$work/got
mkdir "$got"

# A bridge between the server and hosts c1 … c8, and `lab` for rouse-storm.
make_hosts() {
	local i hosts=() ports=()
	for ((i = 1; i <= clients; i++)); do
		hosts+=("c$i") ports+=("to-c$i")
	done
	make_netns server middle lab "${hosts[@]}"
	make_link server eth0 middle to-server
	ip -n "$test_id-server" address add $server_address/24 dev eth0
	make_link lab eth0 middle to-lab
	for ((i = 1; i <= clients; i++)); do
		make_link "c$i" eth0 middle "to-c$i"
		ip -n "$test_id-c$i" address add "10.77.0.$((10 + i))/24" dev eth0
		ip -n "$test_id-c$i" route add 224.0.0.0/4 dev eth0
	done
	make_bridge middle br0 to-server to-lab "${ports[@]}"
	ip -n "$test_id-lab" address add 10.77.0.2/24 dev eth0
	ip -n "$test_id-lab" route add 224.0.0.0/4 dev eth0
}

# lose PERMILLE: of the frames of UDP to each host, and from it. Requests arrive: who has to ask again
# after five seconds is late, and what the late cost is measured above.
lose() {
	ns middle nft -f - <<-END
		table bridge loss {
			chain forward {
				type filter hook forward priority 0;
				udp dport != 69 numgen random mod 1000 < $1 drop
			}
		}
	END
}

lose_nothing() {
	ns middle nft delete table bridge loss
}

counter() {
	rouse stats --json |
		python3 -c 'import json, sys; print(json.load(sys.stdin)["counters"][sys.argv[1]]["value"])' "$1"
}

# get HOST FILE: begins; its copy is $got/cHOST.
get() {
	rm -f "$got/c$1"
	run_background "c$1" ns "c$1" atftp --option "blksize $blksize" --option multicast --get \
		-r "$2" -l "$got/c$1" $server_address
}

# whole HOST FILE: waits until it ends.
whole() {
	wait_for 90 "the end of c$1" has_ended "c$1"
	wait "${background_pids[c$1]}" || fail "atftp on c$1 ended with $?"
	unset "background_pids[c$1]"
	cmp "$work/tree/$2" "$got/c$1" || fail "the file of c$1 is not whole"
}

blocks_of() {
	echo $(($(stat -c %s "$work/tree/$1") / ${2:-$blksize} + 1))
}

# sent_at_most PERCENT FILE BEFORE [BLKSIZE]: of the file's blocks, sent to the group since BEFORE.
sent_at_most() {
	local sent=$(($(counter tftp_group_data) - $3)) blocks=$(blocks_of "$2" "${4-}")
	say "  $sent DATA for $blocks blocks: $((sent * 1000 / blocks)) of a thousand"
	[ $((sent * 100)) -le $((blocks * $1)) ] ||
		fail "$sent DATA for $blocks blocks, more than $1 %"
	[ $sent -ge "$blocks" ] || fail "only $sent DATA went to the group: it was not used"
}

# all_get COUNT FILE PERCENT
all_get() {
	local i before=$(counter tftp_group_data)
	for ((i = 1; i <= $1; i++)); do
		get $i "$2"
	done
	for ((i = 1; i <= $1; i++)); do
		whole $i "$2"
	done
	sent_at_most "$3" "$2" "$before"
}

group_has_sent() {
	[ "$(counter tftp_group_data)" -gt "$1" ]
}

# The host whose client is the master now, as its number, and the client's port; 0 0: there is none.
master() {
	rouse sessions --json | python3 -c '
import json, sys
for session in json.load(sys.stdin)["sessions"]:
	if session["state"] == "master":
		print(int(session["peer"].split(".")[3]) - 10, session["peer_port"])
		break
else:
	print(0, 0)'
}

late_joiner() {
	local before=$(counter tftp_group_data) i
	for i in 1 2 3; do
		get $i big
	done
	wait_for 30 "the middle of the file" group_has_sent $((before + $(blocks_of big) / 2))
	get 4 big
	for i in 1 2 3 4; do
		whole $i big
	done
	sent_at_most 200 big "$before"
}

any_runs() {
	local i
	for ((i = 1; i <= clients; i++)); do
		! is_running "c$i" || return 0
	done
	return 1
}

# Kills masters while there are any; who is killed begins again, as another member. It is the master
# until it has been found silent.
kill_masters() {
	local host port dead=0
	while [ $killed -lt "$kills" ] && any_runs; do
		read -r host port < <(master)
		[ "$host" != 0 ] && [ "$port" != $dead ] && is_running "c$host" || continue
		dead=$port
		signal "c$host" KILL
		{ wait "${background_pids[c$host]}" || true; } 2>/dev/null
		get "$host" big
		killed=$((killed + 1))
	done
}

killed_masters() {
	local killed=0 i
	while [ $killed -lt "$kills" ]; do
		for ((i = 1; i <= clients; i++)); do
			get $i big
		done
		kill_masters
		for ((i = 1; i <= clients; i++)); do
			whole $i big
		done
	done
	say "  $killed masters killed, $(counter tftp_group_silent) times a master was found silent"
	[ "$(counter tftp_group_silent)" -ge $((kills / 2)) ] || fail "hardly a master was killed"
}

make_hosts
dummy_file "$work/tree/small" 1000
dummy_file "$work/tree/file" 4194304
dummy_file "$work/tree/big" 16777217
cp "$work/tree/small" "$work/tree/boot.ipxe"
server_boot_rules="ipxe=boot.ipxe"
server_edge_rate=30M # eight atftp share these processors, each with a socket of 90 blocks
start_server "$work/tree"

for count in 1 2 8; do
	say "$count clients, no loss"
	all_get $count file 101
done
all_get 2 small 101
say "one joins in mid-file"
late_joiner
say "masters are killed"
killed_masters
say "8 clients, 2 % loss"
lose 20
all_get 8 file 125
lose_nothing

say "64 receivers, 10 % loss"
before=$(counter tftp_group_data)
ns lab "$build/bench/rouse-storm" tftp --server $server_address --file file --multicast \
	--against "$work/tree/file" --blksize 1024 --clients 64 --loss 10 --source 10.77.0.2/32 \
	--deadline 120 >"$work/storm.log" 2>&1 || fail "rouse-storm"
sent_at_most 280 file "$before" 1024
expect "transfers begun" "$(counter tftp_opened)" "$(counter tftp_group_joined)"
