# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026, the Rouse authors
#
# A rouse-control that serves by HTTP, in namespace `server`; its clients are in `lab`. No dataplane is
# needed for that.

. "$top/tests/server.sh"

server_device=af_packet:eth0
server_dhcp=off
server_boot_rules=x86-bios=file
url=http://$server_address
answer=$work/answer   # headers
body=$work/body

# start_http TREE: with the lines in server_extra, or http: {} without.
start_http() {
	need_root
	need_programs ip curl
	make_server_netns
	ip -n "$test_id-lab" address add 10.77.0.2/24 dev eth0
	server_extra=${server_extra:-"http: {}"}
	write_config "$1"
	run_control
}

run_control() {
	run_background control ns server "$build/control/rouse-control" --config "$config"
	wait_for 20 "HTTP" serves
}

serves() {
	is_running control || fail "rouse-control ended"
	log_has control 'HTTPS? is served at'
}

# reload LINES: takes them in place of what server_extra was.
reload() {
	server_extra=$1
	write_config "$tree"
	rouse reload >"$work/reload.log" 2>&1 || fail "reload: $(cat "$work/reload.log")"
}

# fetch PATH [CURL-OPTION...]: the status; headers in $answer, the body in $body.
fetch() {
	local path=$1
	shift
	rm -f "$body"
	ns lab curl -sS --path-as-is --max-time 20 -o "$body" -D "$answer" -w '%{http_code}' "$@" "$url$path"
}

# header NAME: of the last answer.
header() {
	tr -d '\r' <"$answer" | sed -n "s/^$1: //Ip" | tail -n 1
}

# expect_fetch STATUS PATH [CURL-OPTION...]
expect_fetch() {
	expect "status of ${*:2}" "$1" "$(fetch "${@:2}")"
}

# same FILE: as the last body.
same() {
	cmp "$1" "$body" || fail "the body is not $1"
}
