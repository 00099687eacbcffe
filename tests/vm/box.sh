#!/bin/bash
# The test of the package, inside the second VM. Says a line `VM ok: …` for each check on the
# console, and `VM done` after the last one; a check that fails says `VM FAILED: …` with the
# service's log, and turns the machine off.

here=/opt/box
path=/dev/v4l/by-id/usb-canteend_Emulated_camera_0001-video-index0
configuration=/etc/canteend/canteend.toml
state=/var/lib/canteend
orders=/run/orders
unit=canteend.service
old=$here/canteend_0.1.0~old_amd64.deb
new=$(find $here -name 'canteend_*.deb' ! -name '*old*')
export PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C DEBIAN_FRONTEND=noninteractive

say() { echo "VM $*"; }
off() {
    sync
    systemctl poweroff --force --force
}
fail() {
    say "FAILED: $*"
    systemctl status --no-pager --lines=0 $unit
    journalctl --no-pager --unit=$unit --output=cat | tail -n 40
    off
    exit 1
}
ok() { say "ok: $*"; }
# check WHAT COMMAND…
check() {
    local what=$1
    shift
    "$@" >/run/said 2>&1 || {
        cat /run/said
        fail "$what: $*"
    }
    ok "$what"
}
# within SECONDS WHAT COMMAND…: repeats the command until it succeeds.
within() {
    local limit=$((SECONDS + $1)) what=$2
    shift 2
    until "$@" >/dev/null 2>&1; do
        [ $SECONDS -le $limit ] || fail "$what: not in time: $*"
        sleep 0.2
    done
    ok "$what"
}
shown() { systemctl show --value --property="$1" $unit; }
is() { [ "$(shown "$1")" = "$2" ]; }
logged() { journalctl --no-pager --unit=$unit --output=cat | grep -q "$1"; }
as_box() { runuser -u canteend -- "$@"; }
# refused CODE WORDS WHAT COMMAND…: the exit code, and what is said.
refused() {
    local code=$1 words=$2 what=$3 got
    shift 3
    "$@" >/run/said 2>&1
    got=$?
    [ $got = "$code" ] && grep -q -- "$words" /run/said || {
        cat /run/said
        fail "$what: exit code $got, wanted $code and '$words'"
    }
    ok "$what"
}
link=/etc/systemd/system/multi-user.target.wants/$unit
# Every entry with the beginning of its hash.
entries() { as_box canteend ledger list --ledger $state; }

say 'systemd is up'
check 'the package installs' dpkg -i "$old"
check 'the service is enabled' systemctl is-enabled --quiet $unit
check 'without a configuration it does not start' systemctl start $unit
check 'and does not fail' is ActiveState inactive
check 'the state folder is its owner'\''s alone' \
    test "$(stat -c '%U:%G %a' $state)" = 'canteend:canteend 700'
# The browser is not in this machine, which has no screen; well formed means that its program exists.
ln -s true /usr/bin/cage
check 'the units are well formed' systemd-analyze verify --man=no \
    /usr/lib/systemd/system/canteend.service /usr/lib/systemd/system/canteend-kiosk.service
rm /usr/bin/cage
# exposed UNIT MOST: how much of the machine a unit can reach, by systemd's own count.
exposed() {
    systemd-analyze security --no-pager "$1" >/run/security
    exposure=$(grep -o 'Overall exposure level.*: [0-9.]*' /run/security | grep -o '[0-9.]*$')
    awk -v found="$exposure" -v most="$2" 'BEGIN { exit !(found != "" && found <= most) }' || {
        grep -v '✓' /run/security
        fail "systemd-analyze security says $exposure of $1"
    }
    ok "systemd-analyze security says $exposure of $1"
}
exposed $unit 2.0
exposed canteend-kiosk.service 6.9
check 'without its browser the touchscreen does not start' systemctl start canteend-kiosk.service
check 'and does not fail' test "$(systemctl is-active canteend-kiosk.service)" = inactive
man=/usr/share/man/man1/canteend-camera-test.1.gz
check 'the man pages are there' sh -c "gzip -dc $man | grep -q 'first picture'"

check 'the configuration of a site is written from flags' canteend provision site --device vm-box \
    --name 幸福食堂 --county 开发区 --street 东城街道 --area urban --built new --opened 2025-03-01 \
    --camera $path
check 'the service may read it and others may not' \
    test "$(stat -c '%U:%G %a' $configuration)" = 'root:canteend 640'
modprobe uvcvideo && modprobe vhci-hcd || fail 'modules'
echo run >$orders
$here/webcam both $orders $here/frames &
within 30 'udev names the camera' test -e $path
check 'the camera is for the group video' test "$(stat -L -c '%G %a' $path)" = 'video 660'
check 'a roster is enrolled' as_box canteend gallery import $here/roster.csv --photos $here
check 'the configuration holds' as_box canteend check-config

check 'the service starts and says that it is ready' systemctl start $unit
pid=$(shown MainPID)
check 'it runs as its own user' test "$(stat -c %U "/proc/$pid")" = canteend
check 'it can gain no privileges' grep -q '^NoNewPrivs:.1$' "/proc/$pid/status"
check 'it has none' grep -q '^CapEff:.0000000000000000$' "/proc/$pid/status"
within 60 'an elder is recognised' logged '"message":"meal"'
check 'the log is JSON' sh -c \
    "journalctl --unit=$unit --output=cat _COMM=canteend | grep -v '^{.*}$' | wc -l | grep -qx 0"
check 'the service stops' systemctl stop $unit
check 'cleanly' is Result success
check 'the ledger verifies' as_box canteend ledger verify --ledger $state
before=$(entries)
check 'the meal is in it' grep -q ' meal .*p_1001' <<<"$before"

# Slow to press Enter: nobody reads from the camera meanwhile, and it stalls.
acceptance() {
    local got
    (for pause in 5 5; do sleep $pause && echo; done) | as_box canteend accept --out /run/report
    got=$?
    # Whether this machine is quick enough is not asked here.
    [ $got = 0 ] || [ $got = 69 ]
}
install -d -o canteend /run/report
check 'an acceptance with pauses before Enter comes to its end' acceptance
check 'it has enrolled who stood at the mark' \
    sh -c "grep -A 1 '\"enrol\"' /run/report/acceptance.json | grep -q passed"
check 'and recognised them' sh -c "grep -A 2 '\"check-in\"' /run/report/acceptance.json | grep -q recognised"
check 'its page is there' test -s /run/report/acceptance.html

# A city on this machine, and the device key sealed as install.md says.
city=/run/city
canteend refcity serve --data $city >/run/city.log 2>&1 &
within 30 'a city answers' grep -q http /run/city.log
enrol() {
    as_box canteend provision --city http://127.0.0.1:8460 \
        --code "$(canteend refcity code --data $city --device vm-box)"
}
check 'the box is enrolled' enrol
sed -n '/^### Keys in the machine/,$p' /usr/share/doc/canteend/install.md |
    awk '/^```/ { if (inside) exit; inside = 1; next } inside' >/run/seal
check 'the key is sealed as install.md says' sh -ex /run/seal
within 60 'the service is ready' is ActiveState active
check 'the key is not in the folder' test ! -e $state/device.key
check 'the service sends with it' as_box canteend upload
check 'the service stops' systemctl stop $unit
refused 78 systemd-run 'a command alone says how to be given it' as_box canteend upload
refused 78 systemd-run 'and no second key is enrolled beside it' enrol
check 'with it a command sends' systemd-run --pipe --wait --same-dir --uid=canteend \
    --property=LoadCredentialEncrypted=device.key canteend upload
head -c 100 /dev/urandom | base64 >/etc/credstore.encrypted/device.key
systemctl start $unit 2>/dev/null && fail 'it starts with a key that does not open'
check 'a key that no longer opens is named' is ExecMainStatus 243
rm /etc/credstore.encrypted/device.key
check 'without it the service starts' systemctl restart $unit
check 'the box is enrolled anew while it serves' enrol
check 'and sends' as_box canteend upload
check 'the service stops again' systemctl stop $unit

echo 'nonsense = 1' >>$configuration
systemctl start $unit 2>/dev/null && fail 'it starts with a wrong configuration'
sleep 25
check 'a wrong configuration fails once' test "$(shown NRestarts) $(shown ExecMainStatus)" = '0 78'
check 'and says which key' logged nonsense
for _ in $(seq 35); do systemctl start $unit 2>/dev/null; done
sed -i '/^nonsense/d' $configuration

check 'however often that was, with a right one it starts' systemctl start $unit
check 'the service crashes' kill -KILL "$(shown MainPID)"
within 30 'after a crash it is restarted' is NRestarts 1
within 60 'and serves' is ActiveState active
head -c $(($(stat -c %s "$new") / 2)) "$new" >$here/cut.deb
dpkg -i $here/cut.deb >/dev/null 2>&1 && fail 'half a package is installed'
check 'after an upgrade that fails it serves' is ActiveState active
check 'as the old version' sh -c "dpkg-query -W -f '\${Version} \${Status}' canteend |
    grep -qx '0.1.0~old install ok installed'"
check 'the package is upgraded while it serves' dpkg -i "$new"
check 'it serves after that' is ActiveState active
check 'as the new version' sh -c "dpkg-query -W -f '\${Version}' canteend | grep -qvx '0.1.0~old'"
check 'an upgrade would ask nothing' test -z "$(dpkg-query -W -f '${Conffiles}' canteend)"
check 'stops' systemctl stop $unit
check 'with every entry of before' test "$before" = "$(entries | head -n "$(wc -l <<<"$before")")"
check 'and the ledger verifies' as_box canteend ledger verify --ledger $state

check 'the package is removed' dpkg -r canteend
check 'the ledger stays' test -s $state/ledger.db
check 'it is installed again' dpkg -i "$new"
check 'and enabled as before' systemctl is-enabled --quiet $unit
check 'and serves' is ActiveState active
check 'a technician disables it' systemctl disable --quiet --now $unit
check 'an upgrade follows' dpkg -i "$new"
check 'which does not enable it' test "$(systemctl is-enabled $unit)" = disabled
check 'or start it' is ActiveState inactive
check 'it is enabled' systemctl enable --quiet $unit
check 'the package is removed once more' dpkg -r canteend
check 'the package is purged' dpkg -P canteend
check 'the ledger stays where nobody asked for its end' test -s $state/ledger.db
check 'the configuration is gone' test ! -e /etc/canteend
check 'and nothing is enabled' test ! -L $link
check 'the package is installed once more' dpkg -i "$new"
check 'and enabled' test -L $link
echo sealed >/etc/credstore.encrypted/device.key
check 'it is purged with its ledger' env CANTEEND_PURGE_LEDGER=yes dpkg -P canteend
check 'which is gone' test ! -e $state
check 'and the sealed key with it' test ! -e /etc/credstore.encrypted/device.key
say done
off
