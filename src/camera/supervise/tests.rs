//! The camera process is played by `sh` and `cat`: they give out recorded messages and misbehave.

use super::*;
use crate::camera::wire::{write_fault, write_frame};
use image::codecs::jpeg::JpegEncoder;
use tempfile::TempDir;

/// Stays until it is asked to stop.
const STAY: &str = "cat >/dev/null";

const QUICK: Timing = Timing {
    start: Duration::from_secs(20),
    stall: Duration::from_millis(60),
    retry_first: Duration::from_millis(1),
    retry_max: Duration::from_millis(4),
};

/// Picture number `n`, a tenth of a second after the one before.
fn raw(n: u32) -> Raw {
    let grey = image::RgbImage::from_pixel(16, 8, image::Rgb([n as u8; 3]));
    let mut picture = vec![];
    JpegEncoder::new(&mut picture).encode_image(&grey).unwrap();
    Raw {
        format: Format::Mjpeg,
        damaged: false,
        sequence: n,
        taken: Duration::from_millis(100) * n,
        width: 16,
        height: 8,
        picture,
    }
}

fn bytes(frames: &[Raw]) -> Vec<u8> {
    let mut out = vec![];
    frames.iter().for_each(|raw| write_frame(&mut out, raw, &raw.picture).unwrap());
    out
}

/// A folder with recorded output, and scripts that play it.
struct Fake {
    folder: TempDir,
}

impl Fake {
    fn new(recorded: &[u8]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("recorded"), recorded).unwrap();
        Fake { folder }
    }

    /// A camera whose first process runs the first script, and so on; the last one is repeated.
    fn camera(&self, scripts: &[&str]) -> Supervised {
        let folder = self.folder.path().to_owned();
        let mut scripts: Vec<String> = scripts.iter().rev().map(|s| s.to_string()).collect();
        Supervised::new(Path::new("/dev/fake"), QUICK, move || {
            let script = match scripts.len() {
                1 => scripts[0].clone(),
                _ => scripts.pop().unwrap(),
            };
            let mut command = Command::new("sh");
            command.arg("-c").arg(script).current_dir(&folder);
            command
        })
    }
}

/// Frames until the camera is lost, and why it was.
fn until_lost(camera: &mut Supervised) -> (Vec<Frame>, Trouble) {
    let mut frames = vec![];
    loop {
        match camera.next() {
            Ok(Some(frame)) => frames.push(frame),
            Err(CameraError::Quiet) => {}
            Err(CameraError::Away { trouble, path }) => {
                assert_eq!(path, Path::new("/dev/fake"));
                return (frames, trouble);
            }
            other => panic!("{other:?}"),
        }
    }
}

fn lost_with(recorded: &[u8], script: &str) -> (Vec<Frame>, Trouble, Counts) {
    let fake = Fake::new(recorded);
    let mut camera = fake.camera(&[script]);
    let (frames, trouble) = until_lost(&mut camera);
    (frames, trouble, camera.counts())
}

fn first_frames(camera: &mut Supervised, wanted: usize) -> Vec<Frame> {
    let frames = std::iter::from_fn(|| Some(camera.next()));
    frames.filter_map(|next| next.ok().flatten()).take(wanted).collect()
}

#[test]
fn frames_come_out_once_the_camera_is_warm_and_a_stall_is_noticed() {
    let frames: Vec<_> = (0..8).map(raw).collect();
    let (seen, trouble, counts) = lost_with(&bytes(&frames), &format!("cat recorded; {STAY}"));
    assert_eq!(seen.iter().map(|f| f.rgb()[0]).collect::<Vec<_>>(), [2, 3, 4, 5, 6, 7]);
    assert!(seen.iter().map(|f| f.taken).is_sorted());
    assert_eq!(trouble.fault, Fault::Stalled);
    assert_eq!((counts.good, counts.starts), (8, 1));
}

#[test]
fn what_a_process_says_or_fails_to_say_is_a_named_fault() {
    let mut said = bytes(&[raw(0)]);
    write_fault(&mut said, &Trouble::new(Fault::Busy, "somebody else")).unwrap();
    let cut = &bytes(&[raw(0)])[..60];
    let cases: [(&[u8], &str, Fault, &str); 7] = [
        (&said, "cat recorded", Fault::Busy, "somebody else"),
        (cut, "cat recorded", Fault::Worker, "ended inside a message"),
        (b"", "exit 3", Fault::Worker, "ended without a word"),
        (b"", "kill -9 $$", Fault::Worker, "ended without a word"),
        (b"", "head -c 100000 /dev/zero", Fault::Worker, "nonsense (magic)"),
        (b"CTF1 is my name, and here is a lot more", "cat recorded", Fault::Worker, "nonsense"),
        (b"", "yes CTF1", Fault::Worker, "nonsense"),
    ];
    for (recorded, script, fault, detail) in cases {
        let (frames, trouble, _) = lost_with(recorded, script);
        assert!(frames.is_empty());
        assert_eq!(trouble.fault, fault, "{script}");
        assert!(trouble.detail.contains(detail), "{script}: {trouble}");
    }
}

#[test]
fn a_program_that_cannot_be_started_is_a_named_fault() {
    let none = || Command::new("/no/such/program");
    let mut camera = Supervised::new(Path::new("/dev/fake"), QUICK, none);
    let (_, trouble) = until_lost(&mut camera);
    assert_eq!(trouble.fault, Fault::Worker);
    assert!(trouble.detail.contains("cannot be started"), "{trouble}");
}

/// Spoils a frame, and the fault of a camera that gives nothing else.
type Spoilt = (fn(&mut Raw), Fault);

#[test]
fn a_camera_that_gives_only_bad_frames_is_lost_for_the_reason_that_they_have() {
    let spoilt: [Spoilt; 6] = [
        (|raw| raw.picture.truncate(raw.picture.len() / 2), Fault::Damaged),
        (|raw| raw.damaged = true, Fault::Damaged),
        (|raw| raw.width = 32, Fault::Damaged),
        (|raw| raw.format = Format::Yuyv, Fault::Damaged),
        (|raw| raw.picture.clone_from(&super::tests::raw(9).picture), Fault::Frozen),
        (|raw| raw.sequence = 1, Fault::Frozen),
    ];
    for (n, (spoil, fault)) in spoilt.into_iter().enumerate() {
        let mut frames: Vec<_> = (0..10).map(raw).collect();
        frames[4..].iter_mut().for_each(spoil);
        let (seen, trouble, counts) = lost_with(&bytes(&frames), &format!("cat recorded; {STAY}"));
        assert_eq!(trouble.fault, fault, "case {n}");
        let passed = if matches!(n, 4) { 3 } else { 2 };
        assert_eq!(seen.len(), passed, "case {n}: {counts:?}");
    }
}

#[test]
fn single_bad_frames_are_left_out_and_the_others_come() {
    let mut frames: Vec<_> = (0..20).map(raw).collect();
    frames[7].picture.truncate(100);
    frames[9].damaged = true;
    frames[12].picture = frames[11].picture.clone();
    let fake = Fake::new(&bytes(&frames));
    let mut camera = fake.camera(&[&format!("cat recorded; {STAY}")]);
    let (seen, _) = until_lost(&mut camera);
    let counts = camera.counts();
    assert_eq!((counts.good, counts.damaged, counts.repeated), (17, 2, 1));
    let levels: Vec<_> = seen.iter().map(|f| f.rgb()[0]).collect();
    assert_eq!(levels, [2, 3, 4, 5, 6, 8, 10, 11, 13, 14, 15, 16, 17, 18, 19]);
}

#[test]
fn yuyv_frames_come_out_as_colours() {
    let yuyv = |n: u32| Raw {
        format: Format::Yuyv,
        picture: [16 + n as u8, 128].repeat(16 * 8),
        ..raw(n)
    };
    let frames: Vec<_> = (0..4).map(yuyv).collect();
    let fake = Fake::new(&bytes(&frames));
    let mut camera = fake.camera(&[&format!("cat recorded; {STAY}")]);
    let frame = first_frames(&mut camera, 1).remove(0);
    assert_eq!((frame.width(), frame.height()), (16, 8));
    assert_eq!(camera.format(), Some(Format::Yuyv));
}

#[test]
fn a_camera_that_comes_back_is_used_again_and_its_times_go_on() {
    let frames: Vec<_> = (0..6).map(raw).collect();
    let fake = Fake::new(&bytes(&frames));
    let play = format!("cat recorded; {STAY}");
    let mut camera = fake.camera(&[&play, "exit 1", "exit 1", &play]);
    let (before, _) = until_lost(&mut camera);
    until_lost(&mut camera);
    until_lost(&mut camera);
    let after = first_frames(&mut camera, 2);
    assert!(after[0].taken > before.last().unwrap().taken);
    assert_eq!(camera.counts().starts, 4);
}

#[test]
fn the_wait_between_tries_doubles_up_to_its_bound_and_begins_anew_after_a_good_frame() {
    let frames: Vec<_> = (0..3).map(raw).collect();
    let fake = Fake::new(&bytes(&frames));
    let mut camera = fake.camera(&["exit 1", "exit 1", "exit 1", "exit 1", "cat recorded"]);
    for wait in [2, 4, 4, 4] {
        until_lost(&mut camera);
        assert_eq!(camera.wait, Duration::from_millis(wait));
    }
    assert_eq!(until_lost(&mut camera).0.len(), 1);
    assert_eq!(camera.wait, QUICK.retry_first * 2);
}

#[test]
fn a_process_that_is_asked_to_stop_ends_by_itself() {
    let fake = Fake::new(&bytes(&(0..3).map(raw).collect::<Vec<_>>()));
    let mut camera = fake.camera(&[&format!("cat recorded; {STAY}; echo done >end")]);
    first_frames(&mut camera, 1);
    camera.stop();
    assert_eq!(std::fs::read_to_string(fake.folder.path().join("end")).unwrap(), "done\n");
}

#[test]
fn a_process_that_does_not_stop_is_killed() {
    let fake = Fake::new(&bytes(&(0..3).map(raw).collect::<Vec<_>>()));
    let mut camera = fake.camera(&["echo $$ >pid; cat recorded; exec sleep 1000"]);
    first_frames(&mut camera, 1);
    let pid = std::fs::read_to_string(fake.folder.path().join("pid")).unwrap();
    let before = Instant::now();
    camera.stop();
    assert!(before.elapsed() >= STOP_MAX);
    // Dead: gone, or waiting to be collected; the kill may take a moment.
    let alive = || {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", pid.trim()));
        stat.is_ok_and(|s| !s.contains(") Z "))
    };
    while alive() {
        std::thread::yield_now();
    }
}
