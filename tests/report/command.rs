//! `canteend report` from outside: files, exit codes and what is said.

use crate::canteen::{Canteen, root};
use crate::small_month::small_month;
use canteend::config::EXAMPLE;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn canteend(canteen: &Canteen, args: &[&str]) -> Output {
    let state = canteen.state();
    let mut command = Command::new(env!("CARGO_BIN_EXE_canteend"));
    command.arg("report").args(args).arg("--ledger").arg(&state);
    command.arg("--config").arg(config(canteen.folder.path(), "lc-kfq-017"));
    command.output().unwrap()
}

/// The example's configuration for `device` in `folder`, with the rule book of this project.
fn config(folder: &Path, device: &str) -> PathBuf {
    let path = folder.join("canteend.toml");
    let rules = root().join("config/rules/lcetdz-2022.toml");
    let text = EXAMPLE.replace("[paths]", &format!("[paths]\nrules = \"{}\"", rules.display()));
    fs::write(&path, text.replace("lc-kfq-017", device)).unwrap();
    path
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn a_report_is_made_while_the_daemon_holds_the_ledger() {
    // The canteen keeps its store open, lock and all.
    let canteen = small_month();
    let output = canteend(&canteen, &["roster", "--month", "2026-03"]);
    assert!(output.status.success(), "{}", said(&output));
    assert!(String::from_utf8(output.stdout).unwrap().contains("王秀英"));
}

#[test]
fn a_folder_gets_the_report_under_its_chinese_name_for_the_owner_alone() {
    let canteen = small_month();
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().to_str().unwrap();
    let args = ["settlement", "--month", "2026-03", "--format", "xlsx", "--out", out];
    let output = canteend(&canteen, &args);
    assert!(output.status.success(), "{}", said(&output));
    let file = folder.path().join("月度助餐补贴结算表-lc-kfq-017-2026-03.xlsx");
    assert!(fs::read(&file).unwrap().starts_with(b"PK"));
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");
    assert_eq!(String::from_utf8(output.stdout).unwrap().trim(), file.to_str().unwrap());
}

#[test]
fn the_ending_of_the_file_chooses_the_format() {
    let canteen = small_month();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("就餐明细 三月.HTML");
    let args = ["meals", "--from", "2026-03-02", "--to", "2026-03-08", "--out"];
    let output = canteend(&canteen, &[&args[..], &[file.to_str().unwrap()]].concat());
    assert!(output.status.success(), "{}", said(&output));
    assert!(fs::read_to_string(&file).unwrap().starts_with("<!DOCTYPE html>"));
}

#[test]
fn what_cannot_be_reported_is_refused_with_the_reason() {
    let canteen = small_month();
    let cases: [(&[&str], i32, &str); 9] = [
        (&["settlement", "--month", "2026-13"], 64, "\"2026-13\" is not a month; write YYYY-MM"),
        (&["settlement", "--month", "2999-01"], 64, "2999-01 has not begun"),
        (&["settlement", "--month", "2026-02"], 65, "holds meals from 2026-03-02 to 2026-04-01"),
        (&["year", "--month", "2026-03"], 64, "takes --year YYYY"),
        (&["meals", "--from", "2026-03-02", "--to", "2026-03-01"], 64, "ends before it begins"),
        (&["meals", "--from", "2026-03-02"], 64, "--to"),
        (&["meals"], 64, "--month"),
        (&["meals", "--month", "2026-03", "--year", "2026"], 64, "cannot be used with"),
        (&["meals", "--month", "2026-03", "--format", "pdf"], 64, "possible values"),
    ];
    for (args, code, text) in cases {
        let output = canteend(&canteen, args);
        assert_eq!(output.status.code(), Some(code), "{args:?}: {}", said(&output));
        assert!(said(&output).contains(text), "{args:?}: {}", said(&output));
        assert!(output.stdout.is_empty(), "{args:?}");
    }
}

#[test]
fn a_ledger_of_another_box_is_refused() {
    let canteen = small_month();
    let folder = tempfile::tempdir().unwrap();
    let config = config(folder.path(), "lc-kfq-018");
    let mut command = Command::new(env!("CARGO_BIN_EXE_canteend"));
    command.args(["report", "settlement", "--month", "2026-03", "--ledger"]).arg(canteen.state());
    let output = command.arg("--config").arg(&config).output().unwrap();
    assert_eq!(output.status.code(), Some(78));
    assert!(said(&output).contains("belongs to lc-kfq-017"), "{}", said(&output));
}
