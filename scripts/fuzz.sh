#!/usr/bin/env bash
# Has libFuzzer try what reads bytes from strangers, led by the code that its inputs reach.
#
#   scripts/fuzz.sh [TARGET...]
#
# FUZZ_RUNS says how many inputs each target gets. It works with the compiler that builds the program:
# see fuzz/instrument.sh. What was found before is gone on from (target/fuzz/corpus).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

target=${CARGO_TARGET_DIR:-$PWD/target}
runs=${FUZZ_RUNS:-100000}
program=$target/release/canteend-fuzz
log=$(mktemp)
trap 'rm -f "$log"' EXIT

# The same versions as the program's, so that what was built for it is used again.
cp Cargo.lock fuzz/Cargo.lock
CARGO_TARGET_DIR=$target RUSTC_WRAPPER=$PWD/fuzz/instrument.sh \
    cargo build --quiet --release --manifest-path fuzz/Cargo.toml

names=("$@")
[ ${#names[@]} != 0 ] || mapfile -t names < <(FUZZ_TARGET=all "$program" 2>/dev/null)
mkdir -p "$target/fuzz/found"
for name in "${names[@]}"; do
    corpus=$target/fuzz/corpus/$name
    mkdir -p "$corpus"
    if ! FUZZ_TARGET=$name FUZZ_CORPUS=$corpus "$program" "$corpus" -runs="$runs" -max_len=65536 \
        -timeout=10 -rss_limit_mb=1024 -artifact_prefix="$target/fuzz/found/$name-" >"$log" 2>&1; then
        tail -n 40 "$log" >&2
        printf 'fuzz: %s failed; the input is in %s\n' "$name" "$target/fuzz/found" >&2
        exit 1
    fi
    first=$(grep -m 1 -oE 'cov: [0-9]+ ft: [0-9]+' "$log" || true)
    if [ -z "$first" ]; then
        tail -n 20 "$log" >&2
        printf 'fuzz: %s counts no code: it was built without fuzz/instrument.sh\n' "$name" >&2
        exit 1
    fi
    last=$(grep -oE 'cov: [0-9]+ ft: [0-9]+' "$log" | tail -n 1)
    printf 'fuzz: %-10s %s inputs, %s (with the corpus alone: %s)\n' "$name" "$runs" "$last" "$first"
done
