# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026, the Rouse authors
#
# Disks of machines that boot from themselves.

# make_bios_disk FILE: a disk whose boot sector says "Rouse: the disk boots" on the first serial port.
make_bios_disk() {
	python3 - "$1" <<-'END'
		import sys
		text = b"\r\nRouse: the disk boots\r\n\0"
		code = bytes([
		    0xfa, 0xfc, 0x31, 0xc0, 0x8e, 0xd8,        # cli; cld; xor ax, ax; mov ds, ax
		    0xbe, 0x18, 0x7c,                          # mov si, text
		    0xac, 0x84, 0xc0,                          # next: lodsb; test al, al
		    0x74, 0x06,                                # jz end
		    0xba, 0xf8, 0x03,                          # mov dx, 0x3f8
		    0xee,                                      # out dx, al
		    0xeb, 0xf5,                                # jmp next
		    0xf4, 0xeb, 0xfd, 0x90])                   # end: hlt; jmp end; nop
		assert len(code) == 0x18
		sector = (code + text).ljust(446, b"\0")
		sector += bytes([0x80, 0, 2, 0, 0x83, 0, 0, 0, 1, 0, 0, 0, 0xff, 7, 0, 0]) + bytes(48) + b"\x55\xaa"
		open(sys.argv[1], "wb").write(sector.ljust(1 << 20, b"\0"))
	END
}

# make_uefi_disk FILE DIRECTORY PROGRAM: a disk with an EFI system partition, whose program, GRUB, says
# "Rouse: the disk boots". /EFI/BOOT and BOOTX64.EFI are what every firmware starts.
make_uefi_disk() {
	printf 'echo "Rouse: the disk boots"\nsleep 1000\n' >"$work/esp.cfg"
	grub-mkimage -O x86_64-efi -p / -c "$work/esp.cfg" -o "$work/esp.efi" echo sleep
	python3 - "$1" <<-'END'
		import struct, sys
		part = struct.pack("<B3sB3sII", 0, b"\0\2\0", 0xef, b"\xff\xff\xff", 2048, 69632)
		with open(sys.argv[1], "wb") as disk:
		    disk.write(bytes(446) + part + bytes(48) + b"\x55\xaa")
		    disk.truncate((2048 + 69632) * 512)
	END
	mformat -i "$1@@1M" -T 69632 -h 64 -s 32 -F ::
	mmd -i "$1@@1M" ::/EFI "::$2"
	mcopy -i "$1@@1M" "$work/esp.efi" "::$2/$3"
}

# power_on_uefi_disk NAME DISK: the network first, without IPv6, which nobody answers, then the disk.
power_on_uefi_disk() {
	machine_card=,bootindex=1 power_on_uefi "$1" -drive "file=$2,format=raw,if=none,id=disk" \
		-device virtio-blk-pci,drive=disk,bootindex=2 -fw_cfg name=opt/org.tianocore/IPv6PXESupport,string=n
}

# power_on_bios_disk NAME DISK [ARGUMENTS...]
power_on_bios_disk() {
	power_on_bios "$1" e1000 -drive "file=$2,format=raw,if=ide" -boot n "${@:3}"
}
