#!/usr/bin/env bash
# Holds docs/city-api.yaml against a running reference city: a box in another language walks through
# it, then schemathesis sends what the document allows and what it does not, unsigned and signed.
# CANTEEND names a program that is built already; CONTRACT_EXAMPLES says how many cases an operation
# gets at most.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
venv=$root/.contract
tests=$root/tests/contract
target=${CARGO_TARGET_DIR:-$root/target}
scratch=$(mktemp -d)
city=

stop() {
    [ -z "$city" ] || kill "$city" 2>/dev/null || true
    rm -rf "$scratch"
}
trap stop EXIT
trap 'exit 130' INT TERM

"$root/scripts/setup.sh" python
# Made anew where the pinned packages are other ones than those that were installed.
if ! cmp -s "$tests/requirements.txt" "$venv/requirements.txt"; then
    rm -rf "$venv"
    python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check --require-hashes \
        --only-binary=:all: --requirement "$tests/requirements.txt"
    cp "$tests/requirements.txt" "$venv/requirements.txt"
fi

cd "$root"
[ -n "${CANTEEND:-}" ] || cargo build --quiet --release
canteend=${CANTEEND:-$target/release/canteend}
data=$scratch/city
mkdir "$scratch/photos"
CONTRACT_CARD=0012345678 CONTRACT_CITY=$scratch/city-key
export CONTRACT_CARD CONTRACT_CITY
printf '%s\n' 'elder,name,sex,birth,eligible,home_care,consent,photos,cards' \
    "p_1001,王秀英,女,1941-08-04,2024-01-01/,,store;transmit,,$CONTRACT_CARD" >"$scratch/roster.csv"
"$canteend" refcity seed "$scratch/roster.csv" --photos "$scratch/photos" --data "$data"
CONTRACT_DEVICE=another-box
CONTRACT_SEED=$(head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \n')
export CONTRACT_DEVICE CONTRACT_SEED PYTHONDONTWRITEBYTECODE=1
code=$("$canteend" refcity code --data "$data" --device "$CONTRACT_DEVICE")
mkfifo "$scratch/said"
"$canteend" refcity serve --data "$data" --listen 127.0.0.1:0 >"$scratch/said" 2>"$scratch/log" &
city=$!
read -r url _ <"$scratch/said"
url=${url%/}

"$venv/bin/python" "$tests/another_box.py" "$url" "$CONTRACT_DEVICE" "$code"
# The city's own key is followed by two others while it serves; a box that was away walks to the last.
keys=()
for _ in 1 2; do
    keys+=("$("$canteend" refcity rotate-key --data "$data" | sed -n 's/^the city  //p' | tr -d ' ')")
done
"$venv/bin/python" "$tests/another_box.py" follow "$url" "$(cat "$CONTRACT_CITY")" "${keys[@]}"

checks=not_a_server_error,status_code_conformance,content_type_conformance
checks=$checks,response_schema_conformance,response_headers_conformance
cd "$scratch"
for sign in 0 1; do
    CONTRACT_SIGN=$sign CONTRACT_ANSWERS=$scratch/answers.$sign SCHEMATHESIS_HOOKS=hooks \
        PYTHONPATH=$tests \
        "$venv/bin/schemathesis" run "$root/docs/city-api.yaml" --url "$url" --checks "$checks" \
        --phases examples,coverage,fuzzing --max-examples "${CONTRACT_EXAMPLES:-40}" \
        --seed 1 --no-color --suppress-health-check all --warnings off
done

# Unsigned requests must end at the signature, signed ones beyond it.
for operation in 'GET /v1/gallery/changes' 'GET /v1/verdicts'; do
    if grep -q "^$operation 200$" answers.0 || ! grep -q "^$operation 200$" answers.1; then
        printf 'contract: %s was answered unsigned, or never when signed\n' "$operation" >&2
        exit 1
    fi
done
grep -q '^PUT /v1/devices/{device}/batches/{seq} 400$' answers.1
