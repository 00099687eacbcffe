# What the tests in virtual machines share; sourced, not run.
#
# The machine counts instructions (-icount): its clock runs with its own work, however slow this
# machine is, and skips what it idles. So times inside are those of a box with a billion
# instructions a second, and the limits of the service hold as they are shipped.

# Where Debian keeps modprobe, depmod and mke2fs.
export PATH=$PATH:/usr/sbin:/sbin
target=${CARGO_TARGET_DIR:-target}
work=$target/vm
# A run that hangs is ended after so many seconds; on a machine of its own it takes a tenth of that.
seconds_max=1800

who=vm
. scripts/common.sh

# Installs the Debian packages of those tools (TOOL:PACKAGE) that are missing.
need() {
    local tool missing=()
    for tool in "$@"; do
        command -v "${tool%:*}" >/dev/null || missing+=("${tool#*:}")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    say "installing ${missing[*]}"
    install_packages "${missing[@]}" >/dev/null
}

# What both machines are made with, so that apt-get is asked once.
need_tools() {
    need qemu-system-x86_64:qemu-system-x86 busybox:busybox-static cpio:cpio modprobe:kmod \
        mmdebstrap:mmdebstrap mke2fs:e2fsprogs
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

# Modules and those that they need, in the order in which they are loaded, each once.
modules() {
    local module
    for module in "$@"; do
        modprobe -d "$work/kernel" -S "$kernel" --show-depends "$module"
    done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }'
}

# with_libraries ROOT FILE…: copies the libraries of programs to where they are, below ROOT.
with_libraries() {
    local root=$1 file
    shift
    for file in "$@"; do
        ldd "$file" | grep -o '/[^ ]*' || true
    done | sort -u | while read -r file; do
        install -D "$file" "$root$file"
    done
}

# with_busybox ROOT: the shell and the tools of a first process.
with_busybox() {
    local tool
    mkdir -p "$1/bin"
    cp "$(command -v busybox)" "$1/bin"
    for tool in $("$1/bin/busybox" --list); do
        [ -e "$1/bin/$tool" ] || ln -s busybox "$1/bin/$tool"
    done
}

# pack ROOT FILE: a folder becomes the kernel's first file system.
pack() { (cd "$1" && find . -print0 | cpio --null -o -H newc --quiet) >"$2"; }

# start CONSOLE IMAGE QEMU-OPTION…: runs a machine to its end, shows its lines that begin with VM,
# and fails where a check failed or `VM done` was not said.
start() {
    local console=$1 image=$2 lunch
    shift 2
    # Lunch time of tomorrow, so that the ledger's clock goes forward.
    lunch=$(date -u -d 'tomorrow 04:00' +%Y-%m-%dT%H:%M:%S)
    say "starting; the console is in $console"
    timeout "$seconds_max" qemu-system-x86_64 -accel tcg -icount shift=0,sleep=off -machine q35 \
        -cpu max -m 1024 -nographic -nodefaults -serial stdio -no-reboot -rtc "base=$lunch,clock=vm" \
        -kernel "$work/kernel/boot/vmlinuz-$kernel" -initrd "$image" "$@" \
        -append 'console=ttyS0 quiet panic=-1 loglevel=3' </dev/null |
        tr -d '\r' | tee "$console" | grep --line-buffered '^VM ' || true
    grep -q '^VM done$' "$console" || {
        tail -n 40 "$console" >&2
        fail 'the test did not come to its end'
    }
    ! grep -q '^VM FAILED' "$console" || fail 'a check failed'
    say "$(grep -c '^VM ok' "$console") checks passed in $SECONDS s"
}
