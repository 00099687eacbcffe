//! The units of the package against the program that they start.

use crate::box_folder::root;
use canteend::config::EXAMPLE;
use canteend::error::Exit;
use std::fs;

/// Directives that speak for themselves.
const PLAIN: [&str; 4] = ["Description", "Documentation", "ExecStart", "WantedBy"];

fn read(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap()
}

/// Directives of a unit with their values, in order.
fn directives(unit: &str) -> Vec<(String, String)> {
    let text = read(unit).replace("\\\n", "");
    let lines = text.lines().filter(|line| !line.starts_with(['#', '[']));
    let pair = |line: &str| line.split_once('=').map(|(k, v)| (k.to_owned(), v.to_owned()));
    lines.filter_map(pair).collect()
}

#[test]
fn every_directive_of_the_units_has_its_reason_beside_it() {
    let reasons = read("systemd/README.md");
    let mut missing = Vec::new();
    for unit in ["systemd/canteend.service", "systemd/canteend-kiosk.service"] {
        for (directive, _) in directives(unit) {
            let told = reasons.contains(&format!("`{directive}="));
            if !told && !PLAIN.contains(&directive.as_str()) {
                missing.push(format!("{unit}: {directive}"));
            }
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
}

#[test]
fn the_unit_and_the_program_agree_on_folders_and_exit_codes() {
    let unit = directives("systemd/canteend.service");
    let value = |key: &str| {
        let found = unit.iter().find(|(directive, _)| directive == key);
        found.unwrap_or_else(|| panic!("no {key}")).1.clone()
    };
    let hopeless = [Exit::Usage, Exit::Data, Exit::Config].map(|exit| (exit as u8).to_string());
    assert_eq!(value("RestartPreventExitStatus"), hopeless.join(" "));
    let state = format!("#state = \"/var/lib/{}\"", value("StateDirectory"));
    assert!(EXAMPLE.contains(&state), "{state}");
    let config = value("ConditionPathExists");
    let command = canteend_help("run");
    assert!(command.contains(&config), "{config} is not the default in {command}");
    for path in value("ExecPaths").split(' ').filter(|path| path.contains("models")) {
        let models = path.strip_suffix("/runtime").unwrap();
        assert!(EXAMPLE.contains(&format!("#models = \"{models}\"")), "{models}");
    }
}

fn canteend_help(command: &str) -> String {
    crate::box_folder::canteend(&[command, "--help"]).out
}

#[test]
fn the_package_puts_every_unit_in_its_place() {
    let script = read("scripts/deb.sh");
    for file in fs::read_dir(root().join("systemd")).unwrap() {
        let name = file.unwrap().file_name().into_string().unwrap();
        assert!(script.contains(&format!("systemd/{name}")), "{name} is not in the package");
    }
}

#[test]
fn the_browser_may_open_this_machine_and_nothing_else() {
    let policy: serde_json::Value =
        serde_json::from_str(&read("systemd/chromium-policy.json")).unwrap();
    assert_eq!(policy["URLBlocklist"], serde_json::json!(["*"]));
    assert_eq!(policy["URLAllowlist"], serde_json::json!(["127.0.0.1"]));
    let unit = directives("systemd/canteend-kiosk.service");
    let page = unit.iter().find(|(_, value)| value.starts_with("PAGE=")).unwrap();
    assert!(page.1.starts_with("PAGE=http://127.0.0.1:"), "{page:?}");
}

#[test]
fn the_touchscreens_browser_may_be_heard_as_that_of_the_tests_is() {
    let unit = directives("systemd/canteend-kiosk.service");
    let command = &unit.iter().find(|(directive, _)| directive == "ExecStart").unwrap().1;
    let tests = read("tests/browser/browser.mjs");
    let flags: Vec<&str> =
        tests.split('"').filter(|word| word.starts_with("--") && *word != "--no-sandbox").collect();
    assert_eq!(flags, ["--autoplay-policy=no-user-gesture-required"]);
    for flag in flags {
        assert!(command.split(' ').any(|word| word == flag), "{flag} is not in {command}");
    }
    let policy: serde_json::Value =
        serde_json::from_str(&read("systemd/chromium-policy.json")).unwrap();
    assert_eq!(policy["AutoplayAllowed"], true);
}
