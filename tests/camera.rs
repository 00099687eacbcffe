//! The program and its camera process on a machine without a camera, and many restarts.
//!
//! What a camera does is tested against the real driver by `make vm-test`.

#![expect(clippy::unwrap_used, reason = "helpers of tests may unwrap as tests do")]

#[path = "../benches/support/memory.rs"]
mod memory;

use canteend::camera::fault::Fault;
use canteend::camera::mode::Wanted;
use canteend::camera::supervise::{Supervised, Timing};
use canteend::camera::wire::{self, Message};
use canteend::camera::{CameraError, FrameSource as _, Rate, worker};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

const NOWHERE: &str = "/dev/v4l/by-id/no-such-camera-video-index0";

fn canteend(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_canteend")).args(args).output().unwrap()
}

/// The camera process for `path`, of the built program and not of this test.
fn process(path: &str) -> Command {
    let wanted = Wanted { width: 640, height: 480, rate: Rate::new(10).unwrap() };
    let told = worker::command(Path::new(path), wanted);
    let mut command = Command::new(env!("CARGO_BIN_EXE_canteend"));
    command.args(told.get_args());
    command
}

#[test]
fn the_camera_process_says_what_is_wrong_and_ends() {
    for (path, fault) in [(NOWHERE, Fault::NoCamera), ("/dev/null", Fault::MetadataNode)] {
        let output = process(path).stdin(Stdio::piped()).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        let mut said = output.stdout.as_slice();
        match wire::read(&mut said).unwrap() {
            Some(Message::Fault(trouble)) => assert_eq!(trouble.fault, fault, "{path}"),
            other => panic!("{path}: {other:?}"),
        }
        assert_eq!(wire::read(&mut said).unwrap(), None);
    }
}

#[test]
fn the_camera_process_is_not_shown_to_people() {
    let help = String::from_utf8(canteend(&["--help"]).stdout).unwrap();
    assert!(help.contains("camera ") && !help.contains(worker::COMMAND), "{help}");
}

#[test]
fn a_test_of_no_camera_says_so_and_exits_69() {
    let ran = canteend(&["camera", "test", "--device", NOWHERE]);
    let text = String::from_utf8(ran.stderr).unwrap();
    assert_eq!(ran.status.code(), Some(69), "{text}");
    assert!(text.contains("no camera is there") && text.contains("plug it in"), "{text}");
    let ran = canteend(&["camera", "test", "--device", "/dev/null"]);
    assert_eq!(ran.status.code(), Some(78));
}

#[test]
fn a_list_of_no_cameras_says_so_and_exits_69() {
    if Path::new("/dev/video0").exists() {
        return;
    }
    for args in [&["camera", "list"][..], &["camera", "list", "--json"]] {
        let ran = canteend(args);
        assert_eq!(ran.status.code(), Some(69));
        assert!(String::from_utf8(ran.stderr).unwrap().contains("plug one in"));
    }
}

#[test]
fn what_the_camera_test_cannot_mean_is_a_usage_error() {
    for args in [
        &["--device", NOWHERE, "--fps", "0"][..],
        &["--device", NOWHERE, "--fps", "61"],
        &["--device", NOWHERE, "--seconds", "0"],
        &["--width", "1280"],
    ] {
        let ran = canteend(&[&["camera", "test"], args].concat());
        assert_eq!(ran.status.code(), Some(64), "{args:?}");
    }
}

/// Open handles and resident memory (KiB) of this process.
fn held() -> (usize, u64) {
    let handles = std::fs::read_dir("/proc/self/fd").unwrap().count();
    (handles, memory::status_kib(std::process::id(), "VmRSS:").unwrap())
}

/// Two thousand real camera processes, one after the other; other tests of this file run beside
/// them, so a few handles more are allowed.
#[test]
fn two_thousand_restarts_leave_no_handle_and_no_memory_behind() {
    const RESTARTS: u64 = 2000;
    const WARM_UP: u64 = 100;
    let timing = Timing { retry_first: Duration::ZERO, ..Timing::default() };
    let mut camera = Supervised::new(Path::new(NOWHERE), timing, || process(NOWHERE));
    let (mut before, mut ended) = ((0, 0), 0);
    while ended < RESTARTS {
        match camera.next() {
            Err(CameraError::Away { trouble, .. }) => match trouble.fault {
                Fault::NoCamera => ended += 1,
                // On a busy machine more of them are still ending than may be at once.
                Fault::Worker => std::thread::sleep(Duration::from_millis(10)),
                other => panic!("{other:?}"),
            },
            Err(CameraError::Quiet) => {}
            other => panic!("{other:?}"),
        }
        if ended == WARM_UP {
            before = held();
        }
    }
    let after = held();
    assert!(after.0 <= before.0 + 12, "handles: {before:?}, then {after:?}");
    assert!(after.1 <= before.1 + 4096, "KiB: {before:?}, then {after:?}");
}
