//! Commands that reach the running daemon over its control socket.

use crate::box_folder::{BoxFolder, OBAMA, obama, root};
use canteend::city::wire::text::DeviceId;
use canteend::clock::SystemClock;
use canteend::refcity::{City, start};
use std::io::{BufRead as _, BufReader, Lines, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::process::{Child, ChildStderr, Stdio};
use std::sync::Arc;

/// A running daemon that is ended with its box.
pub struct Daemon {
    child: Child,
    log: Lines<BufReader<ChildStderr>>,
}

impl Daemon {
    pub fn start(canteen: &BoxFolder) -> Self {
        let mut child = canteen.command(&["run"]).stderr(Stdio::piped()).spawn().unwrap();
        let log = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut daemon = Daemon { child, log };
        daemon.until("\"ready\"");
        daemon
    }

    /// Reads the log up to a line with `text`.
    pub fn until(&mut self, text: &str) {
        assert!(self.log.any(|line| line.unwrap().contains(text)), "the log ends without {text}");
    }

    pub fn stop(mut self) {
        let pid = self.child.id().to_string();
        assert!(
            std::process::Command::new("kill").args(["-TERM", &pid]).status().unwrap().success()
        );
        self.until("\"stopped\"");
        assert_eq!(self.child.wait().unwrap().code(), Some(0));
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // It has ended where the test went well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub fn serving() -> (BoxFolder, Daemon) {
    let canteen = BoxFolder::new("looped = true\nstarts_at = \"2026-03-02T11:30:00+08:00\"");
    canteen.film(vec![obama(0)]);
    canteen.import(&[OBAMA]);
    let daemon = Daemon::start(&canteen);
    (canteen, daemon)
}

#[test]
fn status_void_and_forget_are_done_by_the_daemon_while_it_serves() {
    let (canteen, mut daemon) = serving();
    daemon.until("\"meal\"");
    let status = canteen.run(&["status", "--json"]);
    assert_eq!(status.code, 0, "{status:?}");
    let status: serde_json::Value = serde_json::from_str(&status.out).unwrap();
    assert_eq!(status["ledger"]["elders"], 1);
    assert_eq!((&status["done"]["meals"], &status["done"]["failed"]), (&1.into(), &0.into()));
    assert_eq!(status["troubles"], serde_json::json!([]));

    let metrics = canteen.run(&["status", "--metrics"]);
    assert!(metrics.out.contains("\ncanteend_meals_total 1\n"), "{metrics:?}");
    assert!(metrics.out.contains("\ncanteend_trouble{state=\"camera-lost\"} 0\n"), "{metrics:?}");
    let documented = std::fs::read_to_string(root().join("docs/metrics.md")).unwrap();
    for name in metrics.out.lines().filter_map(|line| line.strip_prefix("# TYPE ")) {
        let name = name.split(' ').next().unwrap();
        assert!(documented.contains(&format!("`{name}`")), "{name} is not in docs/metrics.md");
    }

    let meal = canteen.ledger().iter().find(|e| e["kind"] == "meal").unwrap()["n"].to_string();
    let void = ["ledger", "void", "--entry", &meal, "--reason", "slip", "--operator", "op-1"];
    let voided = canteen.run(&void);
    assert_eq!(voided.code, 0, "{voided:?}");
    let again = canteen.run(&void);
    assert_eq!(again.code, 65, "{again:?}");
    assert!(again.err.contains("it is void already"), "{}", again.err);

    let forgotten = canteen.run(&["gallery", "forget", "p_1001"]);
    assert_eq!(forgotten.code, 0, "{forgotten:?}");
    daemon.until("gallery swapped");
    let status = canteen.run(&["status"]);
    assert!(status.out.contains("1 elders, 0 templates"), "{}", status.out);
    let closed = canteen.run(&["ledger", "close", "--month", "2026-02", "--operator", "op-1"]);
    assert_eq!(closed.code, 0, "{closed:?}");
    let copied = canteen.run(&["backup", "--out", canteen.path("copy.db").to_str().unwrap()]);
    assert_eq!(copied.code, 0, "{copied:?}");
    daemon.stop();
    assert_eq!(canteen.kinds(), ["meal", "void", "close", "export"]);
    assert_eq!(canteen.run(&["ledger", "verify"]).code, 0);
}

#[test]
fn a_box_that_serves_is_enrolled_and_enrolled_anew() {
    let (canteen, daemon) = serving();
    let data = tempfile::tempdir().unwrap();
    let city = Arc::new(City::open(data.path(), Arc::new(SystemClock::default())).unwrap());
    let running = start(city.clone(), "127.0.0.1:0".parse().unwrap()).unwrap();
    let device = DeviceId::new("test-box").unwrap();
    let provision = |code: &str| {
        let enrolled = canteen.run(&["provision", "--city", &running.url(), "--code", code]);
        assert_eq!(enrolled.code, 0, "{enrolled:?}");
        enrolled.out
    };
    let epochs = || canteen.ledger().iter().filter(|entry| entry["kind"] == "epoch").count();
    let first = city.make_code(&device).unwrap().to_string();
    assert!(!provision(&first).contains("epoch"));
    let second = city.make_code(&device).unwrap().to_string();
    for epochs_before in [0, 1] {
        assert_eq!(epochs(), epochs_before);
        let said = provision(&second);
        assert_eq!(said.contains("epoch 2: nothing that the city holds"), epochs_before == 0);
    }
    assert_eq!(epochs(), 1);
    let uploaded = canteen.run(&["upload"]);
    let told = city.report().unwrap();
    assert!(told.devices[0].last_entry > 0 && told.epochs.len() == 2, "{uploaded:?}");
    daemon.stop();
    assert_eq!(canteen.run(&["ledger", "verify"]).code, 0);
}

#[test]
fn a_trusted_clock_can_be_confirmed_and_what_is_wrong_is_told_with_its_remedy() {
    let canteen = BoxFolder::new("looped = true\nstarts_at = \"2020-03-02T11:30:00+08:00\"");
    let mut stranger = obama(0);
    stranger.seconds.1 = 5.0;
    canteen.film(vec![stranger]);
    let mut daemon = Daemon::start(&canteen);
    daemon.until("\"review\"");
    let status = canteen.run(&["status"]);
    assert!(status.out.contains("clock-untrusted"), "{}", status.out);
    assert!(status.out.contains("canteend clock confirm"), "{}", status.out);
    assert!(status.out.contains("gallery-empty"), "{}", status.out);
    let confirmed = canteen.run(&["clock", "confirm"]);
    assert_eq!(confirmed.code, 65, "{confirmed:?}");
    assert!(confirmed.err.contains("set it right first"), "{}", confirmed.err);
    daemon.stop();
}

#[test]
fn a_request_that_makes_no_sense_is_refused_and_the_next_one_is_served() {
    let (canteen, daemon) = serving();
    for line in ["\n", "{}\n", "{\"do\":\"dance\"}\n", &format!("{}\n", "[".repeat(70_000))] {
        let mut stream = UnixStream::connect(canteen.path("state/control.sock")).unwrap();
        // A request that is too long is cut off while it is being written.
        let _ = stream.write_all(line.as_bytes());
        let mut reply = String::new();
        let _ = stream.read_to_string(&mut reply);
        assert!(reply.is_empty() || reply.contains("\"refused\":{\"exit\":64"), "{reply}");
    }
    assert_eq!(canteen.run(&["status"]).code, 0);
    daemon.stop();
}

#[test]
fn a_changed_configuration_is_taken_up_whole_or_not_at_all() {
    let (canteen, mut daemon) = serving();
    let written = std::fs::read_to_string(canteen.path("canteend.toml")).unwrap();
    canteen.write("canteend.toml", format!("{written}\n[visit]\ndwell_ms = 1200\n"));
    let reloaded = canteen.run(&["reload"]);
    assert_eq!(reloaded.code, 0, "{reloaded:?}");
    daemon.until("configuration taken up");
    let configs = |canteen: &BoxFolder| {
        canteen.ledger().iter().filter(|entry| entry["kind"] == "config").count()
    };
    assert_eq!(configs(&canteen), 2);
    // One value that needs a restart holds everything back.
    let changed = format!("{written}\n[visit]\ndwell_ms = 1300\n");
    canteen.write("canteend.toml", changed.replace("幸福食堂", "长青食堂"));
    let refused = canteen.run(&["reload"]);
    assert_eq!(refused.code, 78, "{refused:?}");
    assert!(refused.err.contains("[site] changed"), "{}", refused.err);
    assert_eq!(configs(&canteen), 2);
    canteen.write("canteend.toml", format!("{written}\n[visit]\ndwell = 1\n"));
    let pid = daemon.child.id().to_string();
    assert!(std::process::Command::new("kill").args(["-HUP", &pid]).status().unwrap().success());
    daemon.until("the configuration stays as it was");
    canteen.write("canteend.toml", written);
    daemon.stop();
}

#[test]
fn without_a_daemon_status_says_so() {
    let canteen = BoxFolder::new("");
    canteen.film(vec![obama(0)]);
    canteen.import(&[]);
    let status = canteen.run(&["status"]);
    assert_eq!(status.code, 69, "{status:?}");
    assert!(status.err.contains("no daemon serves"), "{}", status.err);
}
