# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026, the Rouse authors
#
# A sample of TFTP's options on the wire, then loss, duplicates and packets out of order: by a bridge
# between server and clients, and by the clients themselves. Every file arrives whole, and ACKs sent
# twice earn no further DATA.

. "$top/tests/server.sh"

need_root
need_programs ip nft python3 openssl

# The server's and the clients' link meet in a bridge, where packets can be lost.
make_lossy_nets() {
	make_netns server middle lab
	make_link server eth0 middle to-server
	make_link lab eth0 middle to-lab
	make_bridge middle br0 to-server to-lab
	ip -n "$test_id-server" address add $server_address/24 dev eth0
	ip -n "$test_id-lab" address add 10.77.0.2/24 dev eth0
}

lose() {
	ns middle nft -f - <<-END
		table bridge loss {
			counter lost { }
			chain forward {
				type filter hook forward priority 0;
				ip protocol udp numgen random mod 1000 < $1 counter name lost drop
			}
		}
	END
}

lost() {
	ns middle nft -j list counter bridge loss lost |
		python3 -c 'import json, sys; print(json.load(sys.stdin)["nftables"][1]["counter"]["packets"])'
}

counter() {
	rouse stats --json |
		python3 -c 'import json, sys; print(json.load(sys.stdin)["counters"][sys.argv[1]]["value"])' "$1"
}

# storm SIZE OPTION...: all transfers of the file complete and are equal to it.
storm() {
	ns lab "$build/bench/rouse-storm" tftp --server $server_address --file "file-$1" \
		--against "$work/tree/file-$1" --deadline 60 "${@:2}" >"$work/storm.log" 2>&1 ||
		fail "rouse-storm ${*:2}"
}

# double_acks BLOCKS_EACH OPTION...: what is sent again is no more than what timers account for.
double_acks() {
	local data repeated timeouts
	data=$(counter tftp_data) repeated=$(counter tftp_repeated) timeouts=$(counter tftp_timeouts)
	storm 1048576 --clients 10 --double-acks 1 "${@:2}"
	data=$(($(counter tftp_data) - data)) repeated=$(($(counter tftp_repeated) - repeated))
	timeouts=$(($(counter tftp_timeouts) - timeouts))
	expect "DATA but for what was sent again" $(($1 * 10)) $((data - repeated))
	[ $repeated -le "$timeouts" ] ||
		fail "$repeated DATA sent again, with $timeouts timeouts, for ACKs that came twice"
}

make_lossy_nets
for size in 0 1 511 512 513 100000 1048576; do
	dummy_file "$work/tree/file-$size" $size
done
cp "$work/tree/file-512" "$work/tree/boot.ipxe"
server_boot_rules="ipxe=boot.ipxe"
server_memory=64M
start_server "$work/tree"

say "options: $(PYTHONPATH=$top/tests ns lab python3 "$top/tests/smoke/tftp_matrix.py" \
	$server_address "$work/tree" $matrix)"

say "1 MiB in 131,073 and 65,537 blocks: the number of the block goes round"
storm 1048576 --blksize 8 --windowsize 64
[ $matrix = short ] || storm 1048576 --blksize 16

say "every ACK twice: no DATA for it"
double_acks $((1048576 / 1468 + 1)) --blksize 1468
double_acks $((1048576 / 512 + 1))

say "duplicates, packets out of order and loss at the client"
storm 1048576 --clients 20 --blksize 1468 --dup 5 --reorder 5 --loss 5
storm 1048576 --clients 20 --blksize 1468 --windowsize 16 --tsize --dup 5 --reorder 5 --loss 5

say "5 % loss on the way, both ways"
lose 50
storm 1048576 --clients 20 --blksize 1468
storm 1048576 --clients 20 --blksize 1468 --windowsize 8
storm 513 --clients 20
[ "$(lost)" -gt 500 ] || fail "only $(lost) packets were lost: nothing was tried"
