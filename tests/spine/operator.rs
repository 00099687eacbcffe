//! Operators, from the command line.

use crate::box_folder::{BoxFolder, canteend};
use std::io::{Read as _, Write as _};
use std::process::{Command, Stdio};

const PIN: &str = "258036";

/// Runs `line` on a terminal of its own, types the PIN at the question, and gives what it shows.
fn on_a_terminal(line: &str) -> Option<String> {
    let mut script = Command::new("script");
    script.args(["--quiet", "--return", "--command", line, "/dev/null"]);
    let mut child = script.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().ok()?;
    let (mut keys, mut screen) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    let mut shown = vec![];
    while !shown.ends_with(b"PIN: ") {
        let mut byte = [0];
        assert_eq!(screen.read(&mut byte).unwrap(), 1, "{}", String::from_utf8_lossy(&shown));
        shown.push(byte[0]);
    }
    keys.write_all(format!("{PIN}\r").as_bytes()).unwrap();
    screen.read_to_end(&mut shown).unwrap();
    drop(keys);
    assert!(child.wait().unwrap().success());
    Some(String::from_utf8(shown).unwrap())
}

#[test]
fn a_pin_that_is_typed_on_a_terminal_is_not_shown() {
    let canteen = BoxFolder::new("paced = false");
    let config = canteen.path("canteend.toml");
    let add = format!(
        "{} operator add --config {} --name 小李 op-1",
        env!("CARGO_BIN_EXE_canteend"),
        config.display()
    );
    let Some(shown) = on_a_terminal(&add) else {
        return; // a machine without util-linux
    };
    assert!(!shown.contains(PIN), "{shown}");
    assert!(shown.contains("op-1 may sign in"), "{shown}");
    let listed = canteend(&["operator", "list", "--config", config.to_str().unwrap()]);
    assert_eq!(listed.out, "op-1\t小李\n", "{listed:?}");
}
