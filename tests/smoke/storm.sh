# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026, the Rouse authors
#
# What the tests of rouse-storm's models share: the tree that machines read, a run, what holds of its
# report.

need_root
storm=$build/bench/rouse-storm
need_programs ip jq python3 "$storm"
models=(ipxe-bios edk2 shim-grub pxelinux uboot agent dhcp)

make_tree() {
	mkdir -p "$work/tree/pxelinux.cfg"
	dummy_file "$work/tree/image" 700000
	dummy_file "$work/tree/initrd" 300001
	dummy_file "$work/tree/shimx64.efi" 94208
	dummy_file "$work/tree/grubx64.efi" 250880
	dummy_file "$work/tree/pxelinux.0" 42430
	echo "default linux" >"$work/tree/pxelinux.cfg/default"
}

# storm COMMAND...: the report goes to $work/report.json.
storm() {
	say "rouse-storm $*"
	ns lab "$storm" "$@" --deadline 90 --json >"$work/report.json" 2>>"$work/storm.log" ||
		fail "exit code $?: $(jq -c '.models | map_values({failed, failed_by, dhcp_failed_by, tftp_failed_by})' "$work/report.json")"
}

# holds CONDITION: of the report.
holds() {
	[ "$(jq "$1" "$work/report.json")" = true ] || fail "not $1: $(cat "$work/report.json")"
}

boot=(boot --interface eth0 --against "$work/tree")

# boot_all EACH BASE OPTION...: so many machines of each model at once, with MACs of their own.
boot_all() {
	storm "${boot[@]}" --mac-base "02:55:00:00:$2:00" --file image --file initrd \
		--clients $((7 * $1)) --model "$(IFS=,; echo "${models[*]}")" "${@:3}"
	holds "[.models[] | .completed == $1 and .failed == 0] | length == 7 and all"
	# shim and GRUB, pxelinux, and two files for each of the others.
	holds ".models[\"shim-grub\"].files == 5 * $1 and .models.pxelinux.files == 4 * $1"
	holds ".models[\"shim-grub\"].absent_files == 8 * $1"
	holds ".models.pxelinux.absent_files == 11 * $1"
	holds "[.models[\"ipxe-bios\", \"edk2\", \"uboot\", \"agent\"].files == 2 * $1] | all"
	holds ".models.dhcp | .files == 0 and .discover_to_last_block_us.count == $1"
}

# EDK2 waits until the fourth tick of a clock that it did not wind up.
edk2_waits() {
	holds '.models.edk2.discover_to_ack_us | .p50 > 3000000 and .max < 5000000'
}
