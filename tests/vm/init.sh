#!/bin/sh
# First process of the VM. Plugs the emulated webcam in, runs the box on it, and says on the console
# what was seen: a line `VM ok: …` for each check, and `VM done` after the last one. A check that
# fails says `VM FAILED: …` with the box's log, and turns the machine off.

path=/dev/v4l/by-id/usb-canteend_Emulated_camera_0001-video-index0
orders=/run/orders
log=/run/canteend.log
box=/canteend
export PATH=/bin

say() { echo "VM $*"; }
off() {
    sync
    poweroff -f
}
fail() {
    say "FAILED: $*"
    tail -n 30 "$log"
    off
}
ok() { say "ok: $*"; }

# Tenths of a second since boot.
now() {
    read -r up _ </proc/uptime
    set -- "${up%.*}" "${up#*.}"
    echo $(($1 * 10 + ${2%?}))
}

# within TENTHS WHAT COMMAND…: repeats the command until it succeeds; sets `took`, in tenths.
within() {
    local limit=$1 what=$2 began
    shift 2
    began=$(now)
    until "$@" >/dev/null 2>&1; do
        took=$(($(now) - began))
        [ "$took" -le "$limit" ] || fail "$what: not within $limit tenths of a second"
        usleep 50000
    done
    took=$(($(now) - began))
}

order() { echo "$1" >$orders; }
picture_node() { grep -lx 0 /sys/class/video4linux/video*/index; }

# What udev does on a real box.
link() {
    within 100 'the driver takes the camera' picture_node
    rm -f $path
    mkdir -p /dev/v4l/by-id
    ln -s "/dev/$(basename "$(dirname "$(picture_node)")")" $path
}
plug() {
    order run
    webcam "$1" $orders /frames &
    link
}
gone() { ! ls /dev/video* 2>/dev/null | grep -q .; }
unplug() {
    order unplug
    rm -f $path
    within 100 'the driver lets the camera go' gone
}

# exits CODE WORDS COMMAND…: runs the command, compares its exit code and looks for words in what
# it says.
exits() {
    local code=$1 words=$2 got
    shift 2
    "$@" >/run/said 2>&1
    got=$?
    if [ $got != "$code" ] || ! grep -q "$words" /run/said; then
        cat /run/said
        fail "$*: exit code $got, wanted $code and '$words'"
    fi
    ok "$(basename "$1") $2 $3: exit code $code, $(tr '\n' '|' </run/said | cut -c 1-230)"
}

mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev 2>/dev/null
mkdir -p /run /tmp
touch $log
# The firmware's last line has no end.
echo
while read -r module; do
    insmod "$module" || fail "insmod $module"
done </modules.list
cd $box || fail 'no box'

exits 69 'no camera is there' canteend camera list
plug both
exits 0 'MJPEG 640×480 at 10/s' canteend camera list
grep -q "^$path  Emulated camera" /run/said || fail 'the stable path is not listed'
grep -q 'not usable: not a camera.s picture node' /run/said || fail 'the metadata node is not named'
! grep -q '25/s' /run/said || fail 'a rate of 12.5 a second is listed as 25'
exits 0 'MJPEG 640×480' canteend camera test --device $path --seconds 1
exits 78 'index0' canteend camera test --device /dev/video1
exits 78 'wrong size.*\|does not offer' canteend camera test --device $path --width 1280 --height 720
chmod 600 /dev/video0
exits 78 'not permitted' su nobody -s /bin/sh -c "canteend camera test --device $path"

canteend run --config $box/canteend.toml 2>$log &
daemon=$!
within 600 'the box is ready' grep -q '"ready"' $log
ok "the box is ready after $took tenths of a second"
within 600 'the elder is recognised' grep -q '"message":"meal"' $log
ok "the elder is recognised $took tenths after it"
canteend ledger list --ledger $box/state --json >/run/entries 2>&1
grep '"kind":"meal"' /run/entries | grep -q '"elder":"p_1001"' || fail "no meal: $(cat /run/entries)"
ok 'the meal is in the ledger'
exits 69 'another program' canteend camera test --device $path

# lost STATE: the box names this state, within two seconds of what was done just before.
lines() { grep -c "$1" $log; }
more() { [ "$(lines "$1")" -gt "$2" ]; }
lost() {
    within "${2:-20}" "the state $1" more "\"state\":\"$1\"" "$before"
    ok "$1 is noticed after $took tenths of a second"
}
back() {
    within 100 "frames after $1" more '"camera back"' "$before"
    ok "frames $took tenths after $1"
}
before_lost() { before=$(lines "\"state\":\"$1\""); }
before_back() { before=$(lines '"camera back"'); }

for fault in stall:stalled short:damaged freeze:frozen; do
    before_lost "${fault#*:}"
    order "${fault%:*}"
    lost "${fault#*:}"
    before_back
    order run
    back "${fault%:*}"
done

before_lost no-camera
unplug
lost no-camera
before_lost wrong-format
plug small
lost wrong-format 60
unplug
before_back
plug yuyv
back 'a camera without MJPEG'
unplug
within 50 'the loss of it' more '"no-camera"' 1
before_back
plug both
back 'plugging in'

began=$(now)
kill -TERM $daemon
wait $daemon || fail 'the box ends with a failure'
took=$(($(now) - began))
[ $took -le 50 ] || fail "stopping took $took tenths of a second"
ok "the box stops in $took tenths of a second"
! ps | grep -q '[c]amera-worker' || fail 'a camera process is left'
exits 0 'ledger verified' canteend ledger verify --ledger $box/state
say done
off
