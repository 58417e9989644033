# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026, the Rouse authors
#
# What the tests of pxelinux and lpxelinux share: their tree, and their quirks.

# As SMBIOS says it, and as syslinux writes it: it takes the bytes of the DHCP packet in their order.
machine_uuid=01234567-89ab-cdef-0123-456789abcdef
syslinux_uuid=67452301-ab89-efcd-0123-456789abcdef

# make_syslinux_tree LOADER CONFIGURATION: a kernel that starts at once, iPXE's, and as its initrd a script that
# says so, out of the folder pxe/, which option 210 names.
make_syslinux_tree() {
	local modules=/usr/lib/syslinux/modules/bios
	need_programs tcpdump python3
	[ -r "/usr/lib/PXELINUX/$1" ] && [ -r $modules/ldlinux.c32 ] ||
		skip "pxelinux or syslinux-common is missing: run scripts/setup"
	mkdir -p "$work/tree/pxe" "$(dirname "$work/tree/$2")"
	cp "/usr/lib/PXELINUX/$1" "$work/tree/$1"
	cp $modules/ldlinux.c32 "$work/tree/pxe/"
	cp /usr/lib/ipxe/ipxe.lkrn "$work/tree/pxe/kernel"
	printf '#!ipxe\necho Rouse: kernel and initrd are here\nsleep 100\n' >"$work/tree/pxe/initrd"
	cat >"$work/tree/$2" <<-END
		say Rouse: ${1%.0} reads its configuration
		default node
		label node
			linux kernel
			initrd initrd
	END
}

expect_syslinux_options() {
	expect_said "tsize and blksize 1408" 'client [0-9]+ RRQ pxe/kernel octet tsize=0 blksize=1408$'
	expect_said "an OACK of these alone" \
		"server [0-9]+ OACK tsize=$(stat -c %s "$work/tree/pxe/kernel") blksize=1408\$"
	expect_said "options 208 to 211 come unasked" \
		'server 68 ACK .*208=f100747e.* 209=[a-z.]+.* 210=pxe/.* 211=0000004d'
	expect_not_said "it refuses nothing" 'client [0-9]+ ERROR [1-9]'
}

# UUID, hardware address, then the address in hexadecimal digits, which lose one after the other.
expect_searched_configuration() {
	local hex name
	hex=$(sed -nE 's/.* server 68 ACK yiaddr=10\.77\.0\.([0-9]+) .*/\1/p' "$work/wire.txt" | head -n 1)
	printf -v hex '0A4D00%02X' "$hex"
	for name in $syslinux_uuid 01-52-54-00-77-00-01 "$hex" "${hex:0:7}" "${hex:0:6}" "${hex:0:5}" \
		"${hex:0:4}" "${hex:0:3}" "${hex:0:2}" "${hex:0:1}"; do
		expect_said "looks for its configuration" "client [0-9]+ RRQ pxe/pxelinux.cfg/$name octet"
	done
	expect "missing files that it was told of" 11 "$(count_on_wire 'server [0-9]+ ERROR 1')"
	expect "lines in the log about them" 11 "$(grep -c 'there is no such file' "$work/rouse.log")"
	expect_said "finds its configuration" 'client [0-9]+ RRQ pxe/pxelinux.cfg/default octet'
}
