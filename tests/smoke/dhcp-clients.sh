# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026, the Rouse authors
#
# dhcpcd and systemd-networkd against the server on one kind of port ($server_device): an address is
# obtained, renewed and released. Each has a namespace of its own on one switch, so that both wait at
# the same time for T1, 30 s: told to renew, dhcpcd asks as after a reboot, and networkd listens to
# D-Bus only.

. "$top/tests/server.sh"
. "$top/tests/capture.sh"

networkd=/lib/systemd/systemd-networkd
dhcpcd_mac=52:54:00:77:00:02
networkd_mac=52:54:00:77:00:03

make_switch() {
	make_server_netns
	make_bridge lab br0 eth0
}

# make_client NAME MAC: eth0 of a namespace of its own.
make_client() {
	make_netns "$1"
	make_link "$1" eth0 lab "$1"
	ip -n "$test_id-$1" link set eth0 address "$2"
	ip -n "$test_id-lab" link set "$1" master br0
}

# with_own DIRECTORY... -- COMMAND...: sees empty directories in place of the host's.
with_own() {
	exec unshare -m sh -ec 'while [ "$1" != -- ]; do mkdir -p "$1"; mount -t tmpfs tmpfs "$1"; shift; done
		shift; exec "$@"' sh "$@"
}
export -f with_own

# in_client NAME COMMAND...: inside, as the program of this label sees the file system.
in_client() {
	nsenter -t "$(pid_of "$1")" -m -n "${@:2}"
}

# leases_of MAC: how many the server knows.
leases_of() {
	rouse leases --json | jq --arg mac "$1" '[.leases[] | select(.client == $mac)] | length'
}

has_leases() {
	[ "$(leases_of "$1")" = "$2" ]
}

has_address() {
	ip -n "$test_id-$1" -4 -o address show dev eth0 | grep -q 'inet 10\.77\.0\.'
}

# renewed NAME: by a REQUEST from its address, and an ACK to that.
renewed() {
	local address
	address=$(ip -n "$test_id-$1" -4 -o address show dev eth0 | sed -nE 's|.*inet ([0-9.]+)/.*|\1|p')
	read_wire
	on_wire "client 68 REQUEST ciaddr=$address " && on_wire "server 68 ACK (ciaddr=$address )?yiaddr=$address .*"
}

start_dhcpcd() {
	printf 'duid\noption domain_name_servers, domain_name\nnohook resolv.conf\n' >"$work/dhcpcd.conf"
	run_background dhcpcd ns dhcpcd bash -c 'with_own "$@"' - /run/dhcpcd /var/lib/dhcpcd -- \
		dhcpcd -B -4 -d -f "$work/dhcpcd.conf" -c /bin/true eth0
}

# Where /sys can be written, networkd waits for udev to speak of the interface.
start_networkd() {
	local net=$work/eth0.network
	printf '[Match]\nName=eth0\n[Network]\nDHCP=ipv4\nLinkLocalAddressing=no\nIPv6AcceptRA=no\n' >"$net"
	run_background networkd ns networkd bash -c 'with_own "$@"' - /run/systemd /etc/systemd/network -- \
		sh -ec 'mount -o remount,ro,bind /sys
			mkdir /run/systemd/netif
			chown systemd-network: /run/systemd/netif
			install -m 644 "$1" /etc/systemd/network/eth0.network
			exec env SYSTEMD_LOG_LEVEL=debug "$2"' sh "$net" $networkd
}

need_root
need_programs ip unshare nsenter dhcpcd jq
[ -x $networkd ] || skip "systemd-networkd is not installed: run scripts/setup"
make_switch
make_client dhcpcd $dhcpcd_mac
make_client networkd $networkd_mac
mkdir "$work/tree"
touch "$work/tree/undionly.kpxe" "$work/tree/shimx64.efi" "$work/tree/boot.ipxe"
server_lease_time=60s
start_server "$work/tree"
wait_for 20 "the addresses to be known as free" log_has rouse 'addresses of the pools have been asked'
watch_wire

say "obtained"
start_dhcpcd
start_networkd
wait_for 30 "an address for dhcpcd" has_address dhcpcd
wait_for 30 "an address for networkd" has_address networkd
expect "leases of dhcpcd" 1 "$(leases_of $dhcpcd_mac)"
expect "leases of networkd" 1 "$(leases_of $networkd_mac)"

say "renewed"
wait_for 60 "dhcpcd to renew" renewed dhcpcd
wait_for 60 "networkd to renew" renewed networkd

say "released"
in_client dhcpcd dhcpcd -4 -k eth0
wait_for 20 "the release of dhcpcd's address" has_leases $dhcpcd_mac 0
stop networkd || true
wait_for 20 "the release of networkd's address" has_leases $networkd_mac 0
end_wire

expect_said "dhcpcd: a DUID as its identifier, options 116 and 145 that nobody answers" \
	'client 68 DISCOVER .*61=ff[0-9a-f]{36} 60=dhcpcd-.* 116=01 145=01'
expect_not_said "dhcpcd: neither comes back" 'server 68 .* (116|145)='
expect_said "dhcpcd: names the server when it releases" 'client 68 RELEASE ciaddr=[0-9.]+ 54=0a4d0001 '
expect_said "networkd: a DUID as its identifier, no vendor class" \
	'client 68 DISCOVER 61=ff[0-9a-f]{36} 55=[0-9a-f]+ 57='
expect_said "networkd: releases without a server identifier" 'client 68 RELEASE ciaddr=[0-9.]+ 61=ff[0-9a-f]{36}$'
expect "answers to renewals: networkd's xid is that of its first message, and no repetition" 2 \
	"$(count_on_wire 'server 68 ACK ciaddr=')"
expect_not_said "nobody declines an address that we gave" 'client 68 DECLINE'
