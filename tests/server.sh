# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026, the Rouse authors
#
# Starts the server under test in a namespace. SERVER=dnsmasq runs the same test against dnsmasq,
# which tells a fault of the test from a fault of Rouse.

server=${SERVER:-rouse}
server_address=10.77.0.1
server_boot_rules="ipxe=boot.ipxe x64-uefi=shimx64.efi x86-bios=undionly.kpxe"
server_rules="" # further boot rules, as lines of the configuration
server_device=${server_device_kind:-af_xdp}:eth0
server_dhcp=server # or proxy, beside another server's leases
server_network=10.77.0.0/24
server_pools=10.77.0.50-10.77.0.250
server_lease_time=12h
server_edge_rate=1G
server_memory=256M
server_hosts=${SERVER_HOSTS:-}   # lines of the configuration's hosts:
server_extra=""   # further lines of the configuration
runtime_dir=$work/run
state_dir=$work/state
config=$work/rouse.yaml

# make_server_netns: namespace `server` with eth0 = $server_address, whose other end is eth0 in `lab`.
make_server_netns() {
	make_netns server lab
	make_link server eth0 lab eth0
	ip -n "$test_id-server" address add "$server_address/${server_network#*/}" dev eth0
}

write_config() {
	local rule file match
	mkdir -p "$runtime_dir" "$state_dir"
	{
		cat <<-END
			runtime_dir: $runtime_dir
			state_dir: $state_dir
			boot_root: $1
			memory: $server_memory
			ports:
			  - {device: "$server_device", address: $server_address/${server_network#*/}, dhcp: $server_dhcp}
			subnets:
			  - network: $server_network
			$([ "$server_dhcp" = proxy ] || echo "    pools: [$server_pools]")
			    lease_time: $server_lease_time
			    edge_rate: $server_edge_rate
			    routers: [$server_address]
			    dns: [$server_address]
			    domain: cluster.example
		END
		[ -z "$server_hosts" ] || printf 'hosts:\n%s\n' "$server_hosts"
		[ -z "$server_extra" ] || printf '%s\n' "$server_extra"
		[ -z "$server_boot_rules$server_rules" ] || echo "boot:"
		for rule in $server_boot_rules; do
			match=${rule%%=*} file=${rule#*=}
			[ "$match" = ipxe ] && match="ipxe: true" || match="arch: $match"
			echo "  - {match: {$match}, file: $file}"
		done
		[ -z "$server_rules" ] || printf '%s\n' "$server_rules"
	} >"$config"
}

# start_server TREE: serves the directory, and returns when it answers.
start_server() {
	write_config "$1"
	"start_$server" "$1"
}

start_rouse() {
	need_programs "$build/control/rouse"
	run_background rouse ns server "$build/control/rouse" up --config "$config"
	wait_for 30 "Rouse to answer" rouse_is_ready
}

rouse_is_ready() {
	is_running rouse || fail "rouse up ended"
	log_has rouse 'rouse-dataplane: answering on'
}

# pid_below LABEL NAME: the program that a supervisor runs now; fails if there is none.
pid_below() {
	pgrep -P "$(pid_of "$1")" -x "$2"
}

# rouse COMMAND...: the operator's command for the server that runs.
rouse() {
	ns server "$build/control/rouse" "$@" --config "$config"
}

start_dnsmasq() {
	local rule match file arguments=()
	for rule in $server_boot_rules; do
		match=${rule%%=*} file=${rule#*=}
		case $match in
		ipxe) arguments+=(--dhcp-userclass=set:ipxe,iPXE --dhcp-boot=tag:ipxe,"$file") ;;
		x64-uefi) arguments+=(--dhcp-match=set:efi,option:client-arch,7
			--dhcp-boot=tag:efi,tag:!ipxe,"$file") ;;
		x86-bios) arguments+=(--dhcp-match=set:bios,option:client-arch,0
			--dhcp-boot=tag:bios,tag:!ipxe,"$file") ;;
		esac
	done
	chmod 755 "$work"
	run_background dnsmasq ns server dnsmasq --no-daemon --conf-file=/dev/null --port=0 \
		--user=root --interface=eth0 --bind-interfaces --no-ping --log-dhcp \
		--dhcp-range=10.77.0.50,10.77.0.250,"$server_lease_time" --dhcp-leasefile="$work/leases" \
		--domain=cluster.example --dhcp-option=option:dns-server,$server_address \
		--enable-tftp --tftp-root="$1" "${arguments[@]}"
	wait_for 10 "dnsmasq to listen" log_has dnsmasq 'TFTP root is'
}
