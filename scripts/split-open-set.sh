#!/usr/bin/env bash
# Splits a folder of people into gallery, probes and strangers, as links, for
# `canteend evaluate search`.
#
#   scripts/split-open-set.sh PEOPLE OUT [ENROLLED [PROBES_MIN [STRANGERS_MIN]]]
#
# PEOPLE holds a folder of photographs per person. A person with at least ENROLLED + PROBES_MIN
# photographs (default 1 + 1) gives the first ENROLLED, by name, to OUT/gallery and the rest to
# OUT/probes. Of the others, those with at least STRANGERS_MIN photographs (default 1) give all of
# them to OUT/strangers. Nothing is drawn by lot: the same folder is always split alike.
set -euo pipefail
export LC_ALL=C

fail() {
    printf 'split-open-set: %s\n' "$*" >&2
    exit "${status:-64}"
}

[ $# -ge 2 ] && [ $# -le 5 ] || fail "usage: ${0##*/} PEOPLE OUT [ENROLLED [PROBES_MIN [STRANGERS_MIN]]]"
[ -d "$1" ] || status=74 fail "$1 is not a folder"
people=$(cd "$1" && pwd)
out=$2 enrolled=${3:-1} probes_min=${4:-1} strangers_min=${5:-1}
for number in "$enrolled" "$probes_min" "$strangers_min"; do
    [[ $number =~ ^[1-9][0-9]{0,3}$ ]] || fail "$number: a number from 1 to 9999 is expected"
done
[ ! -e "$out" ] || fail "$out is there already; name a new folder"
mkdir -p "$out/gallery" "$out/probes" "$out/strangers"

link() { # PART PERSON PHOTO...
    mkdir "$out/$1/$2"
    ln -s "${@:3}" "$out/$1/$2/"
}

shopt -s nullglob nocaseglob
for person in "$people"/*/; do
    person=${person%/} name=${person%/} name=${name##*/}
    photos=("$person"/*.jpg "$person"/*.jpeg "$person"/*.png)
    count=${#photos[@]}
    if [ "$count" -ge $((enrolled + probes_min)) ]; then
        link gallery "$name" "${photos[@]:0:enrolled}"
        link probes "$name" "${photos[@]:enrolled}"
    elif [ "$count" -ge "$strangers_min" ]; then
        link strangers "$name" "${photos[@]}"
    fi
done
for part in gallery probes strangers; do
    printf '%s: %s people, %s photographs\n' "$part" \
        "$(find "$out/$part" -mindepth 1 -type d | wc -l)" "$(find "$out/$part" -type l | wc -l)"
done
