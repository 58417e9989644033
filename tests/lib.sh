# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026, the Rouse authors
#
# What every test script begins with: `. "$(dirname "$0")/../lib.sh"`. A test makes its own network
# namespaces, starts programs with run_background and waits with wait_for, never with a bare sleep.
# Whatever way it ends, on failure and on Ctrl-C too, cleanup ends its processes and removes its
# namespaces, files and directories. Exit 0: passed; 77: skipped, the reason on the last line.

set -euo pipefail

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=${ROUSE_BUILD:-$top/build}
test_name=$(basename "$(dirname "$0")")/$(basename "$0")

# All that a test makes bears this id: short enough for names of interfaces, and the number tells
# sweep_leftovers whether the test still lives.
test_id=${test_id:-rt$$}
work=${work:-$(mktemp -d "${TMPDIR:-/tmp}/$test_id.XXXXXX")}

declare -A background_pids=()
namespaces=()
cleanup_hooks=()

# Messages go here, also from a condition of wait_for, whose own output is thrown away.
exec {messages}>&2

say() {
	echo "$*" >&$messages
}

fail() {
	say "FAILED: $*"
	exit 1
}

skip() {
	echo "$*"
	exit 77
}

need_root() {
	[ "$(id -u)" = 0 ] || skip "needs root"
}

need_programs() {
	local program
	for program; do
		type -P "$program" >/dev/null || skip "$program is not installed: run scripts/setup"
	done
}

# expect WHAT WANTED GOT
expect() {
	[ "$2" = "$3" ] || fail "$1: expected '$2', got '$3'"
}

# on_cleanup COMMAND...: run at the end, last one first.
on_cleanup() {
	cleanup_hooks=("$(printf '%q ' "$@")" "${cleanup_hooks[@]}")
}

# make_netns NAME...: namespaces of this test, with their loopback up. Use them with `ns NAME`.
make_netns() {
	local name
	for name; do
		ip netns add "$test_id-$name"
		namespaces+=("$test_id-$name")
		ip -n "$test_id-$name" link set lo up
		# Nobody asked for IPv6: its own packets would only make captures longer.
		ns "$name" sysctl -qw net.ipv6.conf.all.disable_ipv6=1 \
			net.ipv6.conf.default.disable_ipv6=1
	done
}

# ns NAME COMMAND...: runs it inside. The command replaces ip(8), so $! is its own pid.
ns() {
	local name=$1
	shift
	ip netns exec "$test_id-$name" "$@"
}

# make_link NS_A IF_A NS_B IF_B: a veth pair between two namespaces, both ends up.
make_link() {
	ip -n "$test_id-$1" link add "$2" type veth peer name "$4" netns "$test_id-$3"
	ip -n "$test_id-$1" link set "$2" up
	ip -n "$test_id-$3" link set "$4" up
}

# make_bridge NS BRIDGE IF...: a switch that forwards from the first frame on.
make_bridge() {
	local name=$1 bridge=$2 port
	shift 2
	ip -n "$test_id-$name" link add "$bridge" type bridge forward_delay 0 mcast_snooping 0
	ip -n "$test_id-$name" link set "$bridge" up
	for port; do
		ip -n "$test_id-$name" link set "$port" master "$bridge"
	done
}

# run_background LABEL COMMAND...: its output goes to $work/LABEL.log, its pid to pid_of LABEL.
# COMMAND may be a function only if it ends in exec.
run_background() {
	local label=$1
	shift
	if [ "$1" = ns ]; then
		local name=$2
		shift 2
		set -- ip netns exec "$test_id-$name" "$@"
	fi
	"$@" >>"$work/$label.log" 2>&1 </dev/null {messages}>&- &
	background_pids[$label]=$!
}

pid_of() {
	echo "${background_pids[$1]}"
}

is_running() {
	local state
	state=$(awk '/^State:/ { print $2 }' "/proc/${background_pids[$1]}/status" 2>/dev/null) || return 1
	[ -n "$state" ] && [ "$state" != Z ]
}

has_ended() {
	! is_running "$1"
}

# signal LABEL SIGNAL
signal() {
	kill -"$2" "${background_pids[$1]}"
}

# stop LABEL [SIGNAL]: ends it, waits for it, returns its exit status.
stop() {
	local pid=${background_pids[$1]} status=0
	kill -"${2:-TERM}" "$pid" 2>/dev/null || true
	wait_for 15 "the end of $1" has_ended "$1"
	wait "$pid" 2>/dev/null || status=$?
	unset "background_pids[$1]"
	return $status
}

# wait_for SECONDS WHAT COMMAND...: until COMMAND succeeds; fails the test at the deadline.
wait_for() {
	wait_until "$1" "${@:3}" || fail "$2: not within $1 s"
}

# wait_until SECONDS COMMAND...: the same, but returns 1.
wait_until() {
	local deadline=$((${EPOCHREALTIME/./} + $1 * 1000000))
	shift
	until "$@" >/dev/null 2>&1; do
		[ "${EPOCHREALTIME/./}" -lt $deadline ] || return 1
		sleep 0.05
	done
}

# log_has LABEL PATTERN
log_has() {
	grep -aqE -- "$2" "$work/$1.log"
}

# dummy_file PATH BYTES: content that differs from block to block, and from file to file.
dummy_file() {
	mkdir -p "$(dirname "$1")"
	openssl enc -aes-128-ctr -nosalt -K "$(printf '%032x' "$2")" -iv "$(printf '%032x' "$2")" \
		-in /dev/zero 2>/dev/null | head -c "$2" >"$1" || true
}

end_background() {
	local label pid
	for label in "${!background_pids[@]}"; do
		kill -TERM "${background_pids[$label]}" 2>/dev/null || true
		kill -CONT "${background_pids[$label]}" 2>/dev/null || true
	done
	for label in "${!background_pids[@]}"; do
		pid=${background_pids[$label]}
		wait_until 12 has_ended "$label" || kill -KILL "$pid" 2>/dev/null || true
		wait "$pid" 2>/dev/null || true
	done
}

# remove_netns FULL_NAME: with whatever still runs in it.
remove_netns() {
	local pid
	for pid in $(ip netns pids "$1" 2>/dev/null); do
		kill -KILL "$pid" 2>/dev/null || true
	done
	ip netns del "$1" 2>/dev/null || true
}

# remove_runtime_dir DIR: with the image file that its symbolic link names.
remove_runtime_dir() {
	local target
	if [ -L "$1/images" ]; then
		target=$(readlink "$1/images")
		rm -f -- "$target"
	fi
	rm -rf -- "$1"
}

show_logs() {
	local log
	for log in "$work"/*.log; do
		[ -s "$log" ] || continue
		say "--- $(basename "$log"), its last lines:"
		tail -n "${ROUSE_LOG_LINES:-40}" "$log" | tr -d '\000' >&$messages
	done
}

cleanup() {
	local status=$? hook
	trap - EXIT
	trap '' INT TERM HUP
	set +e
	end_background
	for hook in "${cleanup_hooks[@]}"; do
		eval "$hook"
	done
	for hook in "${namespaces[@]}"; do
		remove_netns "$hook"
	done
	if [ $status -ne 0 ] && [ $status -ne 77 ]; then
		show_logs
		[ -n "${ROUSE_KEEP_WORK-}" ] && say "kept: $work"
	fi
	for hook in "$work"/run*/; do
		[ -d "$hook" ] && remove_runtime_dir "${hook%/}"
	done
	[ $status -ne 0 ] && [ -n "${ROUSE_KEEP_WORK-}" ] || rm -rf -- "$work"
	exit $status
}
trap cleanup EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM
