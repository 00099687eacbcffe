#!/usr/bin/env bash
# Builds the Debian package of this machine's architecture: one file with the program, the model
# pack, ONNX Runtime, units, configuration, man pages, completions and documents.
#
#   scripts/deb.sh [FOLDER]      FOLDER is where the package is put; target/deb without it
#
# 1. The same programs give the same bytes, whatever the folder, the time, the file mode mask, the
#    language and the number of processors: files are dated by SOURCE_DATE_EPOCH, else by the last
#    commit. (The same sources give the same programs in the same folder with the same toolchain.)
#    `make box-test` compares.
# 2. Nothing is fetched and nothing on this machine is changed.
#
# CANTEEND_DEB_BUILT=FOLDER takes the programs that cargo has put there and builds none.
set -euo pipefail
export LC_ALL=C.UTF-8
umask 022
cd "$(dirname "${BASH_SOURCE[0]}")/.."

target=${CARGO_TARGET_DIR:-target}
out=${1:-$target/deb}
stage=$target/deb/stage
share=$stage/usr/share

who=deb
. scripts/common.sh

version=${CANTEEND_DEB_VERSION:-$(awk -F '"' '/^version = / { print $2; exit }' Cargo.toml)}
architecture=$(dpkg --print-architecture)
if [ -z "${SOURCE_DATE_EPOCH:-}" ]; then
    SOURCE_DATE_EPOCH=$(git log -1 --format=%ct 2>/dev/null) ||
        fail 'this is no git checkout; say SOURCE_DATE_EPOCH, seconds since 1970'
fi
export SOURCE_DATE_EPOCH

# put MODE SOURCE… PLACE: copies files to where they are in the package.
put() {
    local mode=$1
    shift
    install -D -m "$mode" "${@:1:$#-1}" -t "$stage/${*: -1}"
}
put_as() { install -D -m "$1" "$2" "$stage/$3"; }

[ -e models/runtime/libonnxruntime.so ] || fail 'no models here; run make models'
built=${CANTEEND_DEB_BUILT:-}
if [ -z "$built" ]; then
    cargo build --release --quiet --bins --example papers
    built=$target/release
fi
rm -rf "$stage"
mkdir -p "$stage" "$out"

put 755 "$built/canteend" usr/bin
strip "$stage/usr/bin/canteend"
put 644 models/manifest.toml models/README.md usr/share/canteend/models
put 644 models/pack/*.onnx usr/share/canteend/models/pack
put 644 models/runtime/libonnxruntime.so* usr/share/canteend/models/runtime
put 644 config/canteend.toml usr/share/canteend
put 644 config/rules/*.toml usr/share/canteend/rules

put 644 systemd/canteend.service systemd/canteend-kiosk.service usr/lib/systemd/system
put 644 systemd/72-canteend-camera.rules usr/lib/udev/rules.d
put_as 644 systemd/sysusers.conf usr/lib/sysusers.d/canteend.conf
put_as 644 systemd/tmpfiles.conf usr/lib/tmpfiles.d/canteend.conf
put_as 644 systemd/journald.conf usr/lib/systemd/journald.conf.d/canteend.conf
put_as 644 systemd/chromium-policy.json etc/chromium/policies/managed/canteend.json

"$built/examples/papers" "$share"
find "$share/man" -name '*.1' -exec gzip -9n {} +
put 644 README.md CHANGELOG.md docs/*.md docs/city-api.yaml usr/share/doc/canteend
put_as 644 systemd/README.md usr/share/doc/canteend/systemd.md
put 644 packaging/copyright usr/share/doc/canteend
gzip -9n "$share/doc/canteend/CHANGELOG.md"
mv "$share/doc/canteend/CHANGELOG.md.gz" "$share/doc/canteend/changelog.gz"

# No file of it is one that dpkg would ask about (conffile): an upgrade has nobody to answer.
put 755 packaging/preinst packaging/postinst packaging/prerm packaging/postrm DEBIAN
(cd "$stage" && find etc usr -type f -print0 | LC_ALL=C sort -z | xargs -0 md5sum) >"$stage/DEBIAN/md5sums"
# The oldest C library that has every symbol that is used.
glibc=$(objdump -T "$stage/usr/bin/canteend" "$stage"/usr/share/canteend/models/runtime/*.so* |
    grep -o 'GLIBC_[0-9.]*' | cut -d _ -f 2 | sort -V | tail -n 1)
# Whole kilobytes of each file, and one for each folder, whatever the file system makes of them.
size=$(find "$stage" -path "$stage/DEBIAN" -prune -o -printf '%y %s\n' |
    awk '{ sum += $1 == "f" ? int(($2 + 1023) / 1024) : 1 } END { print sum }')
sed -e "s/@VERSION@/$version/" -e "s/@ARCHITECTURE@/$architecture/" -e "s/@GLIBC@/$glibc/" \
    -e "s/@SIZE@/$size/" packaging/control.in >"$stage/DEBIAN/control"

find "$stage" -type d -exec chmod 755 {} +
find "$stage" -exec touch --no-dereference --date="@$SOURCE_DATE_EPOCH" {} +
package=$out/canteend_${version}_$architecture.deb
# One thread: the compressed bytes depend on how many there are.
dpkg-deb --root-owner-group --threads-max=1 -Zzstd --build "$stage" "$package" >/dev/null
say "$package ($(du -h --apparent-size "$package" | cut -f 1))"
