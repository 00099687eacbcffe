#!/bin/sh
# First process of the second VM: brings up the disk and gives way to its systemd.
export PATH=/bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev 2>/dev/null
# The firmware's last line has no end.
echo
. /modules.sh
until mount -t ext4 /dev/vda /root; do
    usleep 50000
done
umount /proc /sys
exec switch_root /root /sbin/init
