//! The program itself: a replayed camera, the real models, and the page.

#[path = "../spine/box_folder.rs"]
mod box_folder;

use crate::browser::{Events, Page};
use box_folder::{BIDEN, BoxFolder, OBAMA, canteend, obama, walk_up};
use serde_json::{Value, json};
use std::io::{BufRead as _, BufReader, Lines, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, ChildStderr, Stdio};

/// A running daemon that is ended with its test.
struct Daemon {
    child: Child,
    _log: Lines<BufReader<ChildStderr>>,
    address: SocketAddr,
}

impl Daemon {
    fn start(canteen: &BoxFolder) -> Self {
        let mut child = canteen.command(&["run"]).stderr(Stdio::piped()).spawn().unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap()).lines();
        let line = log.find(|line| line.as_ref().unwrap().contains("\"page\"")).unwrap().unwrap();
        let line: Value = serde_json::from_str(&line).unwrap();
        let url = line["page"].as_str().unwrap();
        let address = url.trim_start_matches("http://").trim_end_matches('/').parse().unwrap();
        Daemon { child, _log: log, address }
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Obama is enrolled and eligible; Biden, who walks up as well, is not enrolled.
fn canteen() -> BoxFolder {
    let canteen = BoxFolder::new(
        "looped = true\nstarts_at = \"2026-03-02T11:30:00+08:00\"\n[kiosk]\nlisten = \"127.0.0.1:0\"",
    );
    // Long enough for the camera to give up and ask staff.
    let mut stranger = walk_up("biden.jpg", (565.0, 375.0, 250.0), 6);
    stranger.seconds.1 = 5.0;
    canteen.film(vec![obama(0), stranger]);
    let imported = canteen.import(&[OBAMA]);
    assert_eq!(imported.code, 0, "{}", imported.err);
    canteen
}

fn scene(kind: &'static str) -> impl Fn(&Value) -> bool {
    move |state| state["scene"]["kind"] == kind
}

#[test]
fn an_elder_walks_up_and_is_greeted_and_at_the_second_visit_again_and_a_stranger_goes_to_staff() {
    let canteen = canteen();
    let daemon = Daemon::start(&canteen);
    let page = Page::open(daemon.address);
    let mut events = page.events();
    let served = events.until(scene("served"));
    assert_eq!(served["scene"]["amount"], "4");
    assert!(served["scene"]["title"].as_str().unwrap().contains("周爷爷"), "{}", served["scene"]);
    assert!(!served.to_string().contains("周志远"), "by surname only");
    let moment = served["scene"]["moment"].as_u64().unwrap();
    let asks = events.until(scene("ask-staff"));
    assert!(asks["scene"]["moment"].as_u64().unwrap() > moment);
    events.until(|state| state["reviews"]["count"] == 1);
    events.until(scene("again"));
    assert_eq!(canteen.kinds()[..2], ["meal", "review"]);
}

#[test]
fn in_the_afternoon_the_page_says_that_supper_comes_next() {
    let canteen = canteen();
    canteen.at("11:30", "14:30");
    let daemon = Daemon::start(&canteen);
    let closed = Page::open(daemon.address).events().until(scene("closed"));
    assert_eq!(
        (&closed["next_meal"]["from"], &closed["scene"]["code"]),
        (&json!("16:30"), &json!("supper"))
    );
}

#[test]
fn the_preview_is_a_stream_of_pictures_and_none_of_them_is_stored() {
    let canteen = canteen();
    canteen.import(&[OBAMA, BIDEN]);
    let daemon = Daemon::start(&canteen);
    let page = Page::open(daemon.address);
    let mut stream = TcpStream::connect(daemon.address).unwrap();
    let request = format!(
        "GET /preview HTTP/1.1\r\nHost: {}\r\nCookie: {}\r\n\r\n",
        daemon.address, page.cookie
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut reader = BufReader::new(stream);
    let mut pictures = 0;
    while pictures < 20 {
        let mut line = vec![];
        reader.read_until(b'\n', &mut line).unwrap();
        let line = String::from_utf8_lossy(&line).to_ascii_lowercase();
        let Some(length) = line.strip_prefix("content-length: ") else { continue };
        let mut jpeg = vec![0; 2 + length.trim().parse::<usize>().unwrap()];
        reader.read_exact(&mut jpeg).unwrap();
        assert_eq!(jpeg[2..4], [0xFF, 0xD8]);
        pictures += 1;
    }
    let numbers = page.get("/metrics");
    assert_eq!(numbers.status, 200);
    assert!(numbers.text().contains("\ncanteend_gallery_elders 2\n"), "{}", numbers.text());
    let state = canteen.path("state");
    for file in std::fs::read_dir(state).unwrap() {
        let path = file.unwrap().path();
        let Ok(bytes) = std::fs::read(&path) else { continue };
        assert!(!bytes.windows(3).any(|part| part == [0xFF, 0xD8, 0xFF]), "{}", path.display());
    }
}

#[test]
fn operators_are_added_while_the_daemon_serves_and_their_pin_stands_nowhere() {
    let canteen = canteen();
    let daemon = Daemon::start(&canteen);
    let typed = |args: &[&str], pin: &str| {
        let mut command = canteen.command(args);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(pin.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
    };
    let told = ["operator", "add", "op-1", "--name", "小李", "--pin", "258036"];
    assert_eq!(canteend(&told).code, 64, "others of the machine can read a command line");
    let add = ["operator", "add", "op-1", "--name", "小李"];
    assert_eq!(typed(&add, "12345\n").0, 65);
    assert_eq!(typed(&add, "123456\n").0, 65, "too easy to guess");
    assert_eq!(typed(&add, "258036\n"), (0, String::new()));
    assert_eq!(typed(&add, "258036\n").0, 65, "there is one already");
    let mut page = Page::open(daemon.address);
    let (_, answer) = page.act("sign-in", json!({ "operator": "op-1", "pin": "258036" }));
    assert_eq!(answer["code"], "signed-in");
    assert_eq!(typed(&["operator", "reset-pin", "op-1"], "975310\n").0, 0);
    assert_eq!(typed(&["operator", "disable", "op-1"], "").0, 0);
    assert_eq!(typed(&["operator", "disable", "op-7"], "").0, 65);
    let listed = canteen.run(&["operator", "list"]);
    assert_eq!(listed.out, "op-1\t小李\tdisabled\n");
    for file in std::fs::read_dir(canteen.path("state")).unwrap() {
        let Ok(bytes) = std::fs::read(file.unwrap().path()) else { continue };
        assert!(!bytes.windows(6).any(|part| part == b"258036"));
    }
}

#[test]
fn a_restarted_daemon_is_another_server_and_the_page_goes_on_with_its_state() {
    let canteen = canteen();
    let daemon = Daemon::start(&canteen);
    let page = Page::open(daemon.address);
    let before = page.events().until(|state| state["reviews"]["count"] == 1);
    drop(daemon);
    let daemon = Daemon::start(&canteen);
    // The old cookie is worth nothing, and a new page is opened for it.
    let mut events = Events::open(daemon.address, &page.cookie);
    let after = events.until(|state| state["reviews"]["count"] == 1);
    assert_ne!(after["server"], before["server"]);
    assert_ne!(after["csrf"], before["csrf"]);
    assert_eq!(after["counts"]["subsidised"], 1, "what the ledger says is shown again");
}
