//! A webcam in user space, for the VM test: it plugs itself into the kernel's virtual USB host
//! controller, so that the real uvcvideo driver drives it.
//!
//! `webcam KIND ORDERS FOLDER` shows the JPEG files of FOLDER in the order of their names, over and
//! over. KIND says what it offers: `both` (MJPEG and YUYV, 640×480), `yuyv` (YUYV alone, a moving
//! pattern), `small` (320×240). The file ORDERS is read before each frame: `run`, `stall` (no
//! frames), `short` (half of each frame), `freeze` (the same frame again) or `unplug`.

#![expect(clippy::unwrap_used, reason = "a fixture of a test; a failure ends it and the test")]

mod usbip;
mod uvc;

use std::collections::VecDeque;
use std::fs;
use std::os::fd::AsRawFd as _;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::{Condvar, Mutex};
use std::time::{Duration, Instant};
use usbip::{Replies, Request};
use uvc::{Coding, Controls, Effect, Mode, Offer, PIECE_BYTES};

/// Where the kernel takes a device in: port, socket, device id, speed (3 = high).
const ATTACH: &str = "/sys/devices/platform/vhci_hcd.0/attach";
/// How often orders are looked at while no frame is sent.
const IDLE: Duration = Duration::from_millis(20);
/// A stream's request that was taken back (ECONNRESET).
const TAKEN_BACK: i32 = -104;

/// What the control side and the stream share.
#[derive(Default)]
struct Stream {
    /// Room that the host gave, oldest first.
    room: VecDeque<(u32, usize)>,
    mode: Option<Mode>,
    /// Counts starts and stops; a frame of an older run is not sent on.
    run: u64,
}

#[derive(Default)]
struct Shared(Mutex<Stream>, Condvar);

fn main() {
    let [kind, orders, folder] =
        <[String; 3]>::try_from(std::env::args().skip(1).collect::<Vec<_>>()).unwrap();
    let (ours, theirs) = UnixStream::pair().unwrap();
    fs::write(ATTACH, format!("0 {} 65537 3", theirs.as_raw_fd())).unwrap();
    drop(theirs);
    let shared = Shared::default();
    let replies = Replies::new(ours.try_clone().unwrap());
    std::thread::scope(|threads| {
        threads.spawn(|| stream(&shared, &replies, Path::new(&orders), &pictures(&folder)));
        serve(ours, &shared, &replies, Controls::new(offer(&kind)));
    });
}

fn offer(kind: &str) -> Offer {
    let (codings, width, height) = match kind {
        "both" => (vec![Coding::Mjpeg, Coding::Yuyv], 640, 480),
        "yuyv" => (vec![Coding::Yuyv], 640, 480),
        "small" => (vec![Coding::Mjpeg], 320, 240),
        _ => panic!("no such kind of camera: {kind}"),
    };
    Offer { codings, width, height }
}

fn pictures(folder: &str) -> Vec<Vec<u8>> {
    let mut files: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files.into_iter().map(|file| fs::read(file).unwrap()).collect()
}

/// Grey that moves, 640×480: no two neighbouring frames are the same.
fn pattern(n: usize) -> Vec<u8> {
    (0..640 * 480).flat_map(|at| [(at + n * 3) as u8, 128]).collect()
}

/// Answers the host until it lets the device go.
fn serve(mut host: UnixStream, shared: &Shared, replies: &Replies, mut controls: Controls) {
    while let Ok(request) = usbip::read(&mut host) {
        match request {
            Request::Room { number, length } => {
                shared.0.lock().unwrap().room.push_back((number, length));
                shared.1.notify_all();
            }
            Request::Unlink { number, target } => {
                let room = &mut shared.0.lock().unwrap().room;
                let before = room.len();
                room.retain(|(number, _)| *number != target);
                let status = if room.len() < before { TAKEN_BACK } else { 0 };
                replies.unlinked(number, status).unwrap();
            }
            Request::Control { number, setup, to_host, data } => {
                let (answer, effect) = controls.answer(setup, &data);
                let mut stream = shared.0.lock().unwrap();
                match effect {
                    Effect::None => {}
                    Effect::Commit(mode) => {
                        (stream.mode, stream.run) = (Some(mode), stream.run + 1)
                    }
                    Effect::Halt => stream.run += 1,
                }
                drop(stream);
                let asked = usize::from(u16::from_le_bytes([setup[6], setup[7]]));
                match answer {
                    Ok(bytes) if to_host => {
                        let bytes = &bytes[..bytes.len().min(asked)];
                        replies.done(number, 0, bytes.len(), bytes).unwrap();
                    }
                    Ok(_) => replies.done(number, 0, data.len(), &[]).unwrap(),
                    Err(status) => replies.done(number, status, 0, &[]).unwrap(),
                }
            }
        }
    }
    // The stream's thread has nobody to send to any more.
    std::process::exit(0);
}

/// Sends frames as ordered.
fn stream(shared: &Shared, replies: &Replies, orders: &Path, pictures: &[Vec<u8>]) {
    let (mut shown, mut parity, mut next) = (0, 0, Instant::now());
    loop {
        let order = fs::read_to_string(orders).unwrap_or_default();
        let order = order.trim();
        if order == "unplug" {
            std::process::exit(0);
        }
        let mode = shared.0.lock().unwrap().mode;
        let Some(mode) = mode.filter(|_| order != "stall") else {
            std::thread::sleep(IDLE);
            continue;
        };
        let picture = match mode.coding {
            Coding::Mjpeg => &pictures[shown % pictures.len()],
            Coding::Yuyv => &pattern(shown),
        };
        let length = if order == "short" { picture.len() / 2 } else { picture.len() };
        std::thread::sleep(next.saturating_duration_since(Instant::now()));
        next = (next + Duration::from_nanos(100) * mode.interval).max(Instant::now());
        if send(shared, replies, &picture[..length], parity) {
            parity ^= 1;
            shown += usize::from(order != "freeze");
        }
    }
}

/// Sends one frame in pieces; false where the host stopped or did not want it.
fn send(shared: &Shared, replies: &Replies, picture: &[u8], parity: u8) -> bool {
    let run = shared.0.lock().unwrap().run;
    let mut rest = picture;
    while !rest.is_empty() {
        let Some((number, length)) = room(shared, run) else { return false };
        let (piece, after) = rest.split_at(rest.len().min(length.min(PIECE_BYTES) - 2));
        rest = after;
        // Head: its length; end of head, end of frame, parity of the frame.
        let end = if rest.is_empty() { 2 } else { 0 };
        let bytes = [&[2, 0x80 | end | parity], piece].concat();
        replies.done(number, 0, bytes.len(), &bytes).unwrap();
    }
    true
}

/// Waits for room in the stream's run.
fn room(shared: &Shared, run: u64) -> Option<(u32, usize)> {
    let stream = shared.0.lock().unwrap();
    let wanted = |s: &mut Stream| s.room.is_empty() && s.run == run;
    let (mut stream, _) = shared.1.wait_timeout_while(stream, IDLE * 10, wanted).unwrap();
    if stream.run == run { stream.room.pop_front() } else { None }
}
