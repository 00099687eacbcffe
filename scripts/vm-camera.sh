#!/usr/bin/env bash
# Tests the camera path against the real uvcvideo driver, in a virtual machine with Debian's stock
# kernel and an emulated webcam (tests/vm). A machine without qemu gets it by apt-get, or fails.
#
#   scripts/vm-camera.sh
#
# The machine counts instructions (-icount): its clock runs with its own work, however slow this
# machine is, and skips what it idles. So times inside are those of a box with a billion
# instructions a second, and the limits of the service hold as they are shipped.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# Where Debian keeps modprobe and depmod.
export PATH=$PATH:/usr/sbin:/sbin
target=${CARGO_TARGET_DIR:-target}
work=$target/vm
root=$work/root
console=$work/console.log
# A run that hangs is ended after so many seconds; it takes a fifth of that.
seconds_max=900

say() { printf 'vm: %s\n' "$*"; }
fail() {
    printf 'vm: %s\n' "$*" >&2
    exit 1
}

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        fail "sudo is missing; run this as root: $*"
    fi
}

# tool:package
tools=(qemu-system-x86_64:qemu-system-x86 busybox:busybox-static cpio:cpio modprobe:kmod)
need() {
    local tool missing=()
    for tool in "${tools[@]}"; do
        command -v "${tool%:*}" >/dev/null || missing+=("${tool#*:}")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    say "installing ${missing[*]}"
    as_root apt-get update -qq
    as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# The kernel that Debian installs on a box, unpacked and not installed. Sets `kernel`.
fetch_kernel() {
    local package
    kernel=$(find "$work/kernel/lib/modules" -mindepth 1 -maxdepth 1 -printf '%f\n' 2>/dev/null || true)
    [ -z "$kernel" ] || return 0
    apt-cache show linux-image-amd64 >/dev/null 2>&1 || as_root apt-get update -qq
    package=$(apt-cache depends linux-image-amd64 | awk '$1 == "Depends:" { print $2; exit }')
    [ -n "$package" ] || fail 'apt-get knows no linux-image-amd64; this test needs a Debian machine'
    say "fetching $package"
    rm -rf "$work/kernel" "$work/fetch"
    mkdir -p "$work/fetch"
    cd "$work/fetch"
    apt-get download -qq "$package" 2>/dev/null ||
        { as_root apt-get update -qq && apt-get download -qq "$package" 2>/dev/null; } ||
        fail "apt-get could not fetch $package; check the network, then run this again"
    cd - >/dev/null
    dpkg -x "$work"/fetch/*.deb "$work/fetch/root"
    kernel=${package#linux-image-}
    depmod -b "$work/fetch/root" "$kernel"
    mv "$work/fetch/root" "$work/kernel"
    rm -rf "$work/fetch"
}

# Copies programs and libraries to where they are.
with_libraries() {
    local file
    for file in "$@"; do
        ldd "$file" | grep -o '/[^ ]*' || true
    done | sort -u | while read -r file; do
        install -D "$file" "$root$file"
    done
}

assemble() {
    local bin=$target/release module number=0
    rm -rf "$root"
    mkdir -p "$root"/{bin,canteend,dev,etc,frames,modules,proc,sys,run,tmp}
    cp "$bin/canteend" "$bin/examples/webcam" "$(command -v busybox)" "$root/bin"
    for tool in $("$root/bin/busybox" --list); do
        [ -e "$root/bin/$tool" ] || ln -s busybox "$root/bin/$tool"
    done
    with_libraries "$root/bin/canteend" "$root/bin/webcam" models/runtime/libonnxruntime.so
    strip "$root/bin/canteend"
    cp tests/vm/init.sh "$root/init"
    chmod 755 "$root/init"
    printf 'root:x:0:0::/:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n' >"$root/etc/passwd"

    # Modules in the order in which they are loaded, each once.
    {
        modprobe -d "$work/kernel" -S "$kernel" --show-depends uvcvideo
        modprobe -d "$work/kernel" -S "$kernel" --show-depends vhci-hcd
    } | awk '$1 == "insmod" && !seen[$2]++ { print $2 }' | while read -r module; do
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
    {
        echo 'elder,name,sex,birth,eligible,home_care,consent,photos'
        echo 'p_1001,周志远,男,1941-08-04,2024-01-01/,,store;transmit,obama.jpg'
        echo 'p_1004,欧阳国强,男,1952-11-20,2024-01-01/,,store;transmit,biden.jpg'
    } >"$work/roster.csv"
    "$root/bin/canteend" gallery import "$work/roster.csv" --photos fixtures/photos \
        --config "$box/canteend.toml"
}

run() {
    # Lunch time of tomorrow, so that the ledger's clock goes forward.
    local lunch
    lunch=$(date -u -d 'tomorrow 04:00' +%Y-%m-%dT%H:%M:%S)
    (cd "$root" && find . -print0 | cpio --null -o -H newc --quiet) >"$work/image.cpio"
    say "starting; the console is in $console"
    timeout "$seconds_max" qemu-system-x86_64 -accel tcg -icount shift=0,sleep=off -machine q35 \
        -cpu max -m 1024 -nographic -nodefaults -serial stdio -no-reboot -rtc "base=$lunch,clock=vm" \
        -kernel "$work/kernel/boot/vmlinuz-$kernel" -initrd "$work/image.cpio" \
        -append 'console=ttyS0 quiet panic=-1 loglevel=3' </dev/null |
        tr -d '\r' | tee "$console" | grep --line-buffered '^VM ' || true
    grep -q '^VM done$' "$console" || {
        tail -n 40 "$console" >&2
        fail 'the test did not come to its end'
    }
    ! grep -q '^VM FAILED' "$console" || fail 'a check failed'
    say "$(grep -c '^VM ok' "$console") checks passed in $SECONDS s"
}

mkdir -p "$work"
need
fetch_kernel
cargo build --release --quiet --bins --example webcam --example film
assemble
run
