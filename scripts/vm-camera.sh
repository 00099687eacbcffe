#!/usr/bin/env bash
# Tests the camera path against the real uvcvideo driver, in a virtual machine with Debian's stock
# kernel and an emulated webcam (tests/vm). A machine without qemu gets it by apt-get, or fails.
#
#   scripts/vm-camera.sh
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/vm-common.sh
root=$work/root

assemble() {
    local bin=$target/release module number=0
    rm -rf "$root"
    mkdir -p "$root"/{bin,canteend,dev,etc,frames,modules,proc,sys,run,tmp}
    cp "$bin/canteend" "$bin/examples/webcam" "$root/bin"
    with_busybox "$root"
    with_libraries "$root" "$root/bin/canteend" "$root/bin/webcam" models/runtime/libonnxruntime.so
    strip "$root/bin/canteend"
    cp tests/vm/init.sh "$root/init"
    chmod 755 "$root/init"
    printf 'root:x:0:0::/:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n' >"$root/etc/passwd"

    modules uvcvideo vhci-hcd | while read -r module; do
        number=$((number + 1))
        cp "$module" "$root/modules/$number.ko"
        echo "/modules/$number.ko"
    done >"$root/modules.list"

    "$bin/examples/film" fixtures/photos "$root/frames"
    enrol
}

# The box: configuration, models, and a gallery of two, enrolled here by the same program.
enrol() {
    local box=$root/canteend
    cp tests/vm/canteend.toml config/rules/lcetdz-2022.toml "$box"
    cp -r models "$box/models"
    "$root/bin/canteend" gallery import tests/vm/roster.csv --photos fixtures/photos \
        --config "$box/canteend.toml"
}

mkdir -p "$work"
need_tools
fetch_kernel
cargo build --release --quiet --bins --example webcam --example film
assemble
pack "$root" "$work/image.cpio"
start "$work/console.log" "$work/image.cpio"
