# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026, the Rouse authors
#
# The dataplane alone, with make-policy in place of rouse-control: namespaces `server` and `lab` with
# a veth between them, eth0 on both ends.

. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"

need_root
need_programs ip python3

server_address=10.78.0.1
server_prefix=24
lab_address=10.78.0.2
tids=32768-49151
runtime_dir=$work/run
state_dir=$work/state
images=/dev/shm/$test_id-images
files=$work/files
client=$top/tests/dataplane/client.py
mkdir -p "$runtime_dir" "$state_dir" "$files"

# make_nets: the two namespaces, the link, addresses, and the ports reserved.
make_nets() {
	make_netns server lab
	make_link server eth0 lab eth0
	ip -n "$test_id-server" address add $server_address/$server_prefix dev eth0
	ip -n "$test_id-lab" address add $lab_address/24 dev eth0
	ns server sysctl -qw net.ipv4.ip_local_reserved_ports=$tids
}

# publish DEVICE [make-policy OPTION...]: all of $files, on one port.
publish() {
	"$build/tests/dataplane/make-policy" -r "$runtime_dir" -s "$state_dir" -p "$1" \
		$server_address/$server_prefix -f "$files" -i "$images" "${@:2}" >>"$work/publish.log"
}

# start_dataplane [COMMAND...]: returns when it answers. COMMAND runs it, for example setpriv ….
start_dataplane() {
	: >"$work/dataplane.log"
	run_background dataplane ns server "$@" "$build/dataplane/rouse-dataplane" \
		--runtime-dir "$runtime_dir"
	wait_for 15 "the dataplane to answer" answers_or_ended
	is_running dataplane || fail "the dataplane ended"
}

answers_or_ended() {
	has_ended dataplane || log_has dataplane 'answering on'
}

# in_lab COMMAND...
in_lab() {
	ns lab "$@"
}

# probe: one read request of a file that does not exist; succeeds when it is answered.
probe() {
	in_lab python3 "$client" probe $server_address
}

# cpu_ticks LABEL: processor time so far, in ticks of 10 ms.
cpu_ticks() {
	awk '{ print $14 + $15 }' "/proc/$(pid_of "$1")/stat"
}

# xdp_id NS: of the program on eth0, empty if there is none.
xdp_id() {
	ip -n "$test_id-$1" -o link show dev eth0 | sed -n 's/.*prog\/xdp id \([0-9]*\).*/\1/p'
}

# hugepages_free: pages of the default size.
hugepages_free() {
	awk '/^HugePages_Free/ { print $2 }' /proc/meminfo
}

# need_hugepages: 128 MiB free, added for the time of the test if need be.
need_hugepages() {
	local file=/proc/sys/vm/nr_hugepages size_kb pages
	size_kb=$(awk '/^Hugepagesize/ { print $2 }' /proc/meminfo)
	pages=$((131072 / size_kb))
	[ "$(hugepages_free)" -lt $pages ] || return 0
	on_cleanup eval "echo $(cat $file) >$file"
	echo $(($(cat $file) + pages)) >$file
	[ "$(hugepages_free)" -ge $pages ] || skip "the host has no 128 MiB for hugepages"
}

# Put in front of a command that `ns` runs: it sees no free hugepages. The pool is the host's, so it is
# hidden rather than emptied.
sed 's/^HugePages_Free:.*/HugePages_Free:        0/' /proc/meminfo >"$work/meminfo"
without_hugepages=(sh -c 'mount --bind "$0" /proc/meminfo && exec "$@"' "$work/meminfo")

on_cleanup rm -f -- "$images"
