#!/usr/bin/env bash
# Makes a Debian or Ubuntu machine with a Rust toolchain ready to build, test and show canteend.
#
#   scripts/setup.sh [all|system|models|photos|python|browser]
#
# 1. What is there and right is used again, without network.
# 2. A file is put in its place whole, and only after its digest was compared with scripts/pins.txt.
# 3. Nothing is installed but missing Debian packages; pip and npm only fetch archives.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
pins=$root/scripts/pins.txt
machine=$(uname -m)
scratch=

who=setup
. "$root/scripts/common.sh"
remove_scratch() { [ -z "$scratch" ] || rm -rf "$scratch"; }
trap remove_scratch EXIT
trap 'exit 130' INT TERM

# A dead network should be noticed in seconds; pip never asks, never looks for its own updates.
export NPM_CONFIG_FETCH_RETRY_MINTIMEOUT=1000 NPM_CONFIG_FETCH_RETRY_MAXTIMEOUT=5000
export PIP_RETRIES=2 PIP_NO_INPUT=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PYTHONUTF8=1

# Where archives are fetched and opened: in the checkout, so that a move into place is one rename.
make_scratch() {
    [ -n "$scratch" ] || scratch=$(mktemp -d "$root/.fetch.XXXXXX")
}

digest_of() { sha256sum "$1" | cut -d ' ' -f 1; }

# The first complaint in a log, to be said in passing.
complaint() { grep -m 1 -E '^(npm (error|ERR!)|ERROR:|E:)' "$1" | cut -c 1-200 || echo 'it did not say why'; }

# The Debian package of a tool that is missing; nothing where the tool is there.
package_for() {
    case $1 in
    pip) python3 -m pip --version >/dev/null 2>&1 || echo python3-pip ;;
    venv) python3 -c 'import ensurepip, venv' >/dev/null 2>&1 || echo python3-venv ;;
    certificates) [ -e /etc/ssl/certs/ca-certificates.crt ] || echo ca-certificates ;;
    # nokhwa's bindings are made from the kernel's header while building.
    libclang) compgen -G '/usr/lib/*/libclang-[0-9]*.so*' >/dev/null || echo libclang1 ;;
    node) command -v node >/dev/null || echo nodejs ;;
    # Without them Chromium shows Chinese as boxes.
    fonts) compgen -G '/usr/share/fonts/opentype/noto/NotoSansCJK*' >/dev/null || echo fonts-noto-cjk ;;
    Xwayland) command -v Xwayland >/dev/null || echo xwayland ;;
    cc) command -v cc >/dev/null || echo build-essential ;;
    *) command -v "$1" >/dev/null || echo "$1" ;;
    esac
}

# Installs the Debian packages of those tools that are missing.
need() {
    local tool missing=()
    for tool in "$@"; do
        mapfile -t -O "${#missing[@]}" missing < <(package_for "$tool")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    command -v apt-get >/dev/null || fail "install these first: ${missing[*]} (there is no apt-get)"
    say "installing ${missing[*]}"
    make_scratch
    if ! install_packages "${missing[@]}" >"$scratch/apt.log" 2>&1; then
        fail "apt-get could not install ${missing[*]}; check the network, then run this again" \
            "($(complaint "$scratch/apt.log"))"
    fi
}

# Calls `$1 CLIENT NAME MACHINE SHA256` for each package of this machine that has files below $2.
each_package() {
    local action=$1 below=$2 kind first second third fourth
    local package=()
    while read -r -u 3 kind first second third fourth; do
        if [ "$kind" = package ]; then
            package=("$first" "$second" "$third" "$fourth")
        elif [ "$kind" = file ] && [[ $first == "$below"* ]] && [ ${#package[@]} -gt 0 ]; then
            [[ ${package[2]} == any || ${package[2]} == "$machine" ]] && "$action" "${package[@]}"
            package=()
        fi
    done 3<"$pins"
}

# Prints `PLACE PATH SHA256` of the files of a package (name, machine).
files_of() {
    awk -v name="$1" -v machine="$2" '
        $1 == "package" { ours = ($3 == name && $4 == machine) }
        $1 == "file" && ours { print $2, $3, $4 }' "$pins"
}

# Whether every file of a package is in place and right.
in_place() {
    local place path digest
    while read -r place path digest; do
        [ -e "$root/$place" ] || return 1
        if [ "$(digest_of "$root/$place")" != "$digest" ]; then
            say "$place is damaged; fetching it again"
            return 1
        fi
    done < <(files_of "$1" "$2")
}

# Fetches an archive by its own client; `npm` and `pip` write what they say to the log.
download() {
    local client=$1 name=$2 arch=$3 digest=$4
    case $client in
    npm) npm pack --loglevel=error "$name" ;;
    wheel)
        python3 -m pip download --no-deps --only-binary=:all: --implementation cp \
            --python-version 3.11 --abi cp311 --platform "manylinux_2_28_$arch" "$name"
        ;;
    sdist)
        # pip runs a source package's setup.py to read its name, so it is given the digest to
        # compare first. Old pip without network for setuptools needs the second way.
        echo "$name --hash=sha256:$digest" >requirement.txt
        set -- --no-deps --no-binary "${name%%=*}" --requirement requirement.txt
        { python3 -m pip download "$@" || python3 -m pip download --no-build-isolation "$@"; } &&
            rm requirement.txt
        ;;
    *) fail "scripts/pins.txt: unknown client $client" ;;
    esac
}

extract() {
    case $1 in
    wheel) unzip -p "$2" "$3" ;;
    *) tar -xzOf "$2" "$3" ;;
    esac
}

fetch() {
    local client=$1 name=$2 arch=$3 digest=$4
    in_place "$name" "$arch" && return 0
    case $client in
    npm) need certificates npm ;;
    wheel) need certificates python3 pip unzip ;;
    sdist) need certificates python3 pip ;;
    esac
    say "fetching $name"
    make_scratch
    local folder log archive place path want got
    folder=$(mktemp -d "$scratch/XXXXXX")
    log=$folder.log
    if ! (cd "$folder" && download "$client" "$name" "$machine" "$digest") >"$log" 2>&1; then
        if ! grep -q 'DO NOT MATCH THE HASHES' "$log"; then
            fail "could not fetch $name; check the network, then run this again" \
                "($(complaint "$log"))"
        fi
        got='another digest'
    else
        archive=$(find "$folder" -type f -print -quit)
        got=$(digest_of "$archive")
    fi
    [ "$got" = "$digest" ] ||
        fail "$name has $got, not the pinned $digest; nothing was put in place: compare with" \
            "the publisher before you change scripts/pins.txt"
    while read -r place path want; do
        extract "$client" "$archive" "$path" >"$folder/file" ||
            fail "$name holds no $path; mend scripts/pins.txt"
        got=$(digest_of "$folder/file")
        [ "$got" = "$want" ] ||
            fail "$place has $got, not the pinned $want; it was not put in place: mend scripts/pins.txt"
        mkdir -p "$root/$(dirname "$place")"
        chmod 644 "$folder/file"
        mv "$folder/file" "$root/$place"
    done < <(files_of "$name" "$arch")
}

system() {
    command -v cargo >/dev/null || fail "there is no cargo on PATH; install Rust with rustup first"
    need cc make certificates libclang
}

# A machine without a pinned ONNX Runtime is told so before anything is fetched for it.
models() {
    grep -q "^package wheel .* $machine " "$pins" || [ -e "$root/models/runtime/libonnxruntime.so" ] ||
        fail "no ONNX Runtime is pinned for $machine in scripts/pins.txt; put libonnxruntime.so into models/runtime"
    each_package fetch models/
}

photos() { each_package fetch fixtures/photos/; }

# What scripts/contract.sh makes its environment with.
python() { need certificates python3 venv; }

# What the browser tests need: Chromium, the touchscreen's compositor with what photographs its
# screen, Chinese fonts, and the packages of their lockfile, whose
# digests npm compares. None of these runs anything while it is installed.
browser() {
    need certificates chromium cage Xwayland grim fonts node npm
    local folder=$root/tests/browser lock
    lock=$(digest_of "$folder/package-lock.json")
    [ -e "$folder/node_modules/playwright-core/package.json" ] &&
        [ "$(cat "$folder/node_modules/.lock-digest" 2>/dev/null)" = "$lock" ] && return 0
    say "fetching the packages of tests/browser"
    make_scratch
    (cd "$folder" && npm ci --loglevel=error) >"$scratch/npm.log" 2>&1 ||
        fail "could not fetch the packages of tests/browser; check the network, then run this again" \
            "($(complaint "$scratch/npm.log"))"
    echo "$lock" >"$folder/node_modules/.lock-digest"
}

case ${1:-all} in
all)
    system
    models
    photos
    ;;
system | models | photos | python | browser) "$1" ;;
*) fail "unknown part '$1'; use all, system, models, photos, python or browser" ;;
esac
say "${1:-all} ready"
