#!/usr/bin/env bash
# Tests the package as a box has it: Debian with systemd in a virtual machine installs the .deb,
# starts the hardened unit as its own user, recognises an elder on an emulated webcam, and goes
# through bad configuration, upgrade, removal and purge (tests/vm/box.sh). A machine without qemu
# gets it by apt-get, or fails.
#
#   scripts/vm-box.sh
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# Whole, because modprobe tells whole paths.
CARGO_TARGET_DIR=$(realpath -m "${CARGO_TARGET_DIR:-target}")
export CARGO_TARGET_DIR
. scripts/vm-common.sh
box=$work/box
base=$work/debian.tar

# A Debian of this machine's release and mirrors, with systemd and what the package depends on.
fetch_debian() {
    local codename sources
    [ ! -e "$base" ] || return 0
    codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
    sources=$(find /etc/apt -maxdepth 2 -type f -size +0 \
        \( -name debian.sources -o -name sources.list \) -print -quit)
    [ -n "$sources" ] || fail 'no package sources of Debian in /etc/apt; this test needs a Debian machine'
    say "fetching a small Debian ($codename)"
    as_root mmdebstrap --quiet --format=tar --variant=minbase \
        --include=dbus,kmod,libstdc++6,systemd,systemd-sysv,udev "$codename" "$base.new" $sources ||
        fail 'mmdebstrap could not fetch Debian; check the network, then run this again'
    mv "$base.new" "$base"
}

# The package is the same to the byte when the same programs are packed once more: from a copy of
# the checkout in another folder, later, with other file times, another file mode mask and language.
same_twice() {
    local again=$box/again first=$1 package
    rm -rf "$again"
    mkdir -p "$again/checkout" "$again/target"
    (git ls-files --recurse-submodules && find models -type f) | sort -u |
        cpio --quiet -pdL "$again/checkout"
    (cd "$again/checkout" && umask 077 &&
        LC_ALL=C LANGUAGE=tr TZ=Asia/Shanghai CARGO_TARGET_DIR="$again/target" scripts/deb.sh "$again")
    cmp "$first" "$again/${first##*/}" || {
        for package in "$first" "$again/${first##*/}"; do
            dpkg-deb -c "$package" && dpkg-deb -f "$package"
        done >&2
        fail 'the package is not the same when it is built again'
    }
    rm -rf "$again"
    say 'the package is the same when it is built again'
}

# The disk: Debian, the modules of the camera, two versions of the package, and the test.
make_disk() {
    local bin=$target/release root=$box/root module
    as_root rm -rf "$box"
    mkdir -p "$root/opt/box/frames"
    as_root tar -xf "$base" -C "$root"
    CANTEEND_DEB_VERSION=0.1.0~old scripts/deb.sh "$root/opt/box"
    scripts/deb.sh "$root/opt/box"
    same_twice "$(find "$root/opt/box" -name 'canteend_*.deb' ! -name '*~old*')"
    modules uvcvideo vhci-hcd | while read -r module; do
        as_root install -D -m 644 "$module" "$root/${module#"$work/kernel/"}"
    done
    as_root cp "$work/kernel/lib/modules/$kernel"/modules.{order,builtin,builtin.modinfo} \
        "$root/lib/modules/$kernel"
    as_root depmod -b "$root" "$kernel"
    cp "$bin/examples/webcam" fixtures/photos/{obama,biden}.jpg tests/vm/roster.csv \
        tests/vm/box.sh "$root/opt/box"
    "$bin/examples/film" fixtures/photos "$root/opt/box/frames"
    as_root install -m 644 tests/vm/box-test.service "$root/etc/systemd/system"
    as_root ln -s ../box-test.service "$root/etc/systemd/system/multi-user.target.wants/"
    # What a box has from ca-certificates, so that there are roots for a line to a city.
    as_root install -D -m 644 /etc/ssl/certs/ca-certificates.crt -t "$root/etc/ssl/certs"
    # A login prompt would take the console away from the test.
    as_root ln -sf /dev/null "$root/etc/systemd/system/serial-getty@ttyS0.service"
    as_root mke2fs -q -t ext4 -L box -d "$root" "$box/disk.img" 900M
    as_root chown "$(id -u)" "$box/disk.img"
}

# The first process loads what the disk needs and gives way to systemd.
make_first() {
    local root=$box/first module number=0
    mkdir -p "$root"/{dev,modules,proc,root,sys}
    with_busybox "$root"
    modules virtio_pci virtio_blk crc32c_generic ext4 | while read -r module; do
        number=$((number + 1))
        cp "$module" "$root/modules/$number.ko"
        echo "insmod /modules/$number.ko"
    done >"$root/modules.sh"
    cp tests/vm/box-first.sh "$root/init"
    chmod 755 "$root/init"
    pack "$root" "$box/first.cpio"
}

mkdir -p "$work"
need_tools
fetch_kernel
fetch_debian
cargo build --release --quiet --bins --example webcam --example film --example papers
# The packages are dated by the last commit; a copy of the checkout does not know it.
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
export SOURCE_DATE_EPOCH CANTEEND_DEB_BUILT=$CARGO_TARGET_DIR/release
make_disk
make_first
start "$work/box-console.log" "$box/first.cpio" \
    -drive "file=$box/disk.img,format=raw,if=virtio,cache=unsafe" -device virtio-rng-pci
