//! Reads the sources and checks what a reviewer would otherwise have to say twice.
//!
//! 1. Every check is a function over sources given to it, so that each can be shown to find a
//!    planted violation; a check that finds nothing anywhere is worth nothing.
//! 2. Checks of code look at code alone: comments and literals are blanked out first.
//!
//! What clippy and rustc can check is left to them. What the shipped configuration means is
//! checked where configuration is read; here each TOML file has only to be TOML.

#![expect(clippy::unwrap_used, reason = "helpers of tests may unwrap as tests do")]

#[path = "tidy/evidence.rs"]
mod evidence;
#[path = "tidy/readme.rs"]
mod readme;
#[path = "tidy/source.rs"]
mod source;

use source::{Source, imports, names_crate, numbered, read_all, super_chain_max, words};
use std::fs;
use std::path::Path;
use std::process::Command;

/// Who may import whom, from `main` downwards. A module imports only what stands beside it.
///
/// `vision`, `camera`, `store`, `city` and `kiosk` do not know each other; they meet in `daemon`.
/// The last seven rows are leaves: they serve those above, and the exit code of an error and the
/// domain's time are all they know; `domain` knows nothing but itself.
const MAY_IMPORT: &[(&str, &str)] = &[
    ("main", "cli error"),
    (
        "cli",
        "accept doctor report daemon refcity evaluate config vision camera store city kiosk record domain \
         clock error files logging",
    ),
    ("accept", "doctor daemon config vision camera store record domain frame clock error html"),
    ("doctor", "daemon config vision camera store city domain frame error files"),
    ("report", "config store record domain error html"),
    ("daemon", "config vision camera store city kiosk record domain frame clock error"),
    ("evaluate", "vision domain frame error html"),
    ("refcity", "city record domain clock error files html"),
    ("config", "vision camera kiosk record domain error"),
    ("vision", "domain frame error"),
    ("camera", "frame error"),
    ("store", "record domain error files"),
    ("city", "record domain error files"),
    ("kiosk", "domain html"),
    ("record", "domain error"),
    ("logging", ""),
    ("clock", "domain"),
    ("frame", "error"),
    ("error", ""),
    ("files", ""),
    ("html", ""),
    ("domain", ""),
];

/// Crates that only some modules may name.
const FENCES: &[(&str, &str)] = &[
    ("argon2", "store"),
    ("axum", "kiosk refcity"),
    ("base64", "city"),
    ("clap", "cli main"),
    ("csv", "daemon report"),
    ("futures_util", "kiosk"),
    ("nokhwa", "camera"),
    ("ort", "vision"),
    ("pinyin", "kiosk"),
    ("reqwest", "city"),
    ("ring", "record store vision city"),
    ("rusqlite", "store refcity"),
    ("rust_xlsxwriter", "report"),
    ("rustix", "cli doctor store"),
    ("rustls", "city"),
    ("sd_notify", "daemon"),
    ("toml", "config vision"),
    ("tracing_subscriber", "logging"),
    ("v4l", "camera"),
    ("zune_core", "frame"),
    ("zune_jpeg", "frame"),
];

/// What would make `domain` impure: I/O, clocks, threads, serialisation, logs.
const IMPURE: &[&str] = &[
    "std::env",
    "std::fs",
    "std::io",
    "std::net",
    "std::process",
    "std::thread",
    "std::time::Instant",
    "std::time::SystemTime",
    "serde",
    "serde_json",
    "tokio",
    "tracing",
];

/// Ways to read the wall clock; `src/clock.rs` alone may.
const WALL_CLOCK: &[&str] = &[
    "SystemTime::now",
    "Timestamp::now",
    "UNIX_EPOCH.elapsed",
    "Utc::now",
    "Local::now",
    "Zoned::now",
];

/// Marks of unfinished work (spelt in halves, because this file is checked too).
const UNFINISHED: &[&str] = &[concat!("FIX", "ME"), concat!("TO", "DO"), concat!("XX", "X")];

/// Names that tie the project to one registry or to the machine of one developer.
const PRIVATE_NAMES: &[&str] = &[
    concat!("registry.", "npmjs"),
    concat!("npm", "mirror"),
    concat!("py", "pi.org"),
    concat!("python", "hosted"),
    concat!("crates", ".io"),
    concat!("/wo", "rk/"),
    concat!("/ro", "ot/"),
];

/// Longest source file, in lines: a longer one holds two ideas.
const FILE_LINES_MAX: usize = 400;

/// Reads one source and says what is wrong with it, a line each.
type Check = fn(&Source) -> Vec<String>;

/// A rule of [`MAY_IMPORT`] or [`FENCES`] as single names.
fn row<'a>(table: &[(&str, &'a str)], key: &str) -> Option<Vec<&'a str>> {
    table.iter().find(|(k, _)| *k == key).map(|(_, names)| names.split_whitespace().collect())
}

fn check_import_directions(source: &Source) -> Vec<String> {
    let Some(module) = source.module() else { return Vec::new() };
    let Some(allowed) = row(MAY_IMPORT, module) else {
        return vec![source.at(1, format!("module {module} has no row in MAY_IMPORT"))];
    };
    let mut found = Vec::new();
    for (line, imported) in imports(&source.code) {
        if imported != module && !allowed.contains(&imported) {
            found.push(source.at(line, format!("{module} may not import {imported}")));
        }
    }
    for (line, code) in numbered(&source.shipped) {
        if super_chain_max(code) >= source.depth() {
            found.push(source.at(line, "reach other modules as crate::, not by super::"));
        }
    }
    found
}

fn check_crate_fences(source: &Source) -> Vec<String> {
    let Some(module) = source.module() else { return Vec::new() };
    let mut found = Vec::new();
    for (line, code) in numbered(&source.code) {
        for (name, _) in FENCES {
            let allowed = row(FENCES, name).expect("a row of the table itself");
            if !allowed.contains(&module) && names_crate(code, name) {
                found.push(source.at(line, format!("{name} may not be used in {module}")));
            }
        }
    }
    found
}

/// What [`MAY_IMPORT`] and [`FENCES`] allow and no source does.
fn unused_allowances(sources: &[Source]) -> Vec<String> {
    let any = |module: &str, does: &dyn Fn(&Source) -> bool| {
        sources.iter().any(|source| source.module() == Some(module) && does(source))
    };
    let mut found = Vec::new();
    for (module, allowed) in MAY_IMPORT {
        for name in allowed.split_whitespace() {
            if !any(module, &|s| imports(&s.code).iter().any(|(_, imported)| *imported == name)) {
                found.push(format!("{module} does not import {name}"));
            }
        }
    }
    for (name, modules) in FENCES {
        for module in modules.split_whitespace() {
            if !any(module, &|s| s.code.lines().any(|line| names_crate(line, name))) {
                found.push(format!("{module} does not use {name}"));
            }
        }
    }
    found
}

fn check_domain_is_pure(source: &Source) -> Vec<String> {
    if source.module() != Some("domain") {
        return Vec::new();
    }
    let mut found = Vec::new();
    for (line, code) in numbered(&source.shipped) {
        let code = code.replace("core::", "std::");
        for name in IMPURE {
            let named = if name.contains("::") {
                words(&code, name).next().is_some()
            } else {
                names_crate(&code, name)
            };
            if named {
                found.push(source.at(line, format!("domain may not use {name}")));
            }
        }
    }
    found
}

fn check_wall_clock(source: &Source) -> Vec<String> {
    if source.path == "src/clock.rs" {
        return Vec::new();
    }
    let mut found = Vec::new();
    for (line, code) in numbered(&source.code) {
        for name in WALL_CLOCK.iter().filter(|name| words(code, name).next().is_some()) {
            found.push(source.at(line, format!("{name} is read in src/clock.rs only")));
        }
    }
    found
}

fn check_unwrap(source: &Source) -> Vec<String> {
    if source.module().is_none() {
        return Vec::new();
    }
    numbered(&source.shipped)
        .filter(|(_, code)| [".unwrap()", ".unwrap_err()"].iter().any(|call| code.contains(call)))
        .map(|(line, _)| source.at(line, "say with expect why this holds"))
        .collect()
}

fn check_file_length(source: &Source) -> Vec<String> {
    let lines = source.text.lines().count();
    let long = source.path.starts_with("src/") && lines > FILE_LINES_MAX;
    long.then(|| source.at(lines, format!("{lines} lines; split it by idea"))).into_iter().collect()
}

fn check_unfinished(source: &Source) -> Vec<String> {
    let mut found = Vec::new();
    for (line, text) in numbered(&source.text) {
        for mark in UNFINISHED.iter().filter(|mark| words(text, mark).next().is_some()) {
            found.push(source.at(line, format!("{mark}: do it, or open an issue")));
        }
    }
    found
}

/// `Cargo.lock` is cargo's own and names where crates came from.
fn check_private_names(source: &Source) -> Vec<String> {
    let mut found = Vec::new();
    for (line, text) in numbered(&source.text).filter(|_| source.path != "Cargo.lock") {
        for name in PRIVATE_NAMES.iter().filter(|name| text.contains(**name)) {
            found.push(source.at(line, format!("names {name}")));
        }
    }
    found
}

/// In a `Cargo.toml` each dependency has a comment directly above it that says why.
fn check_dependency_comments(source: &Source) -> Vec<String> {
    if source.path != "Cargo.toml" {
        return Vec::new();
    }
    let (mut found, mut in_dependencies, mut open_lists, mut above) = (Vec::new(), false, 0, "");
    for (line, text) in numbered(&source.text) {
        let comment = text.starts_with('#');
        let entry = open_lists == 0 && !comment && text.contains('=');
        if text.starts_with('[') {
            in_dependencies = text.trim_end_matches(']').ends_with("dependencies");
        } else if in_dependencies && entry && !above.starts_with("# ") {
            found.push(source.at(line, "say above it why this dependency is here"));
        }
        if !comment {
            let count = |bracket| text.matches(bracket).count();
            open_lists = (open_lists + count('[')).saturating_sub(count(']'));
        }
        above = text;
    }
    found
}

/// Fixtures may be broken on purpose.
fn check_toml_parses(source: &Source) -> Vec<String> {
    if !source.path.ends_with(".toml") || source.path.starts_with("fixtures/") {
        return Vec::new();
    }
    match source.text.parse::<toml::Table>() {
        Ok(_) => Vec::new(),
        Err(error) => vec![source.at(1, format!("is not TOML: {}", error.message()))],
    }
}

/// Every check, with a source that must not pass it.
#[rustfmt::skip]
const CHECKS: &[(Check, &str, &str)] = &[
    (check_import_directions, "src/domain/visit.rs", "use crate::store::Ledger;"),
    (check_import_directions, "src/vision/align.rs", "use crate::{camera::Replay, frame::Frame};"),
    (check_import_directions, "src/vision/align.rs", "fn f() -> super::super::store::Ledger;"),
    (check_import_directions, "src/store/mod.rs", "use super::daemon;"),
    (check_import_directions, "src/main.rs", "use canteend::store;"),
    (check_import_directions, "src/novel/mod.rs", "fn f() {}"),
    (check_crate_fences, "src/daemon/run.rs", "use rusqlite::Connection;"),
    (check_crate_fences, "src/cli/run.rs", "fn f(session: &ort::Session) {}"),
    (check_crate_fences, "src/cli/run.rs", "fn f() { let a = ::csv::Writer::new(); }"),
    (check_domain_is_pure, "src/domain/visit.rs", "use serde::Serialize;"),
    (check_domain_is_pure, "src/domain/visit.rs", "fn f() { std::thread::yield_now() }"),
    (check_wall_clock, "src/daemon/run.rs", "fn f() { jiff::Timestamp::now(); }"),
    (check_wall_clock, "tests/day.rs", "fn f() { std::time::SystemTime::now(); }"),
    (check_unwrap, "src/store/ledger.rs", "fn f() { g().unwrap() }"),
    (check_unfinished, "docs/a.md", concat!("later: TO", "DO.")),
    (check_private_names, "docs/a.md", concat!("see https://py", "pi.org/x")),
    (check_dependency_comments, "Cargo.toml", "[dependencies]\nserde = \"1\""),
    (check_dependency_comments, "Cargo.toml", "[dev-dependencies]\n# Why.\na = [\n\"b\",\n]\nc = \"1\""),
    (check_toml_parses, "config/a.toml", "a = = 1"),
];

/// Runs one check over the project and shows all that it finds.
#[track_caller]
fn check(check: Check) {
    let sources = read_all(Path::new(env!("CARGO_MANIFEST_DIR")));
    assert!(sources.iter().any(|s| s.path == "src/lib.rs"), "the sources were found");
    let found: Vec<String> = sources.iter().flat_map(check).collect();
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

#[test]
fn every_check_finds_its_planted_violation() {
    for (check, path, text) in CHECKS {
        let found = check(&Source::new(path, text));
        assert_eq!(found.len(), 1, "{path}: {text}: {found:?}");
    }
    let long = "fn f() {}\n".repeat(FILE_LINES_MAX + 1);
    assert_eq!(check_file_length(&Source::new("src/domain/visit.rs", &long)).len(), 1);
}

#[test]
fn comments_literals_and_tests_are_not_taken_for_code() {
    let text = "//! crate::store Timestamp::now\n/* ort:: /* nested */ ring:: */\n\
        const A: (&str, &str, char) = (\"crate::store \\\" .unwrap()\", r#\"\" ort::\"#, '\"');\n\
        use super::money;\nuse crate::domain::entry;\nfn import<'a>(sort: &'a ring_buffer::X) {}\n\
        #[cfg(test)]\nmod tests {\n use super::*;\n fn f() { g().unwrap() }\n}\n";
    let source = Source::new("src/domain/visit.rs", text);
    for (check, ..) in CHECKS {
        assert_eq!(check(&source), Vec::<String>::new());
    }
}

#[test]
fn modules_import_downwards_only() {
    check(check_import_directions);
}

#[test]
fn each_fenced_crate_stays_behind_its_fence() {
    check(check_crate_fences);
}

#[test]
fn whatever_may_be_used_is_used() {
    let unused = unused_allowances(&read_all(Path::new(env!("CARGO_MANIFEST_DIR"))));
    assert!(unused.is_empty(), "\n{}", unused.join("\n"));
    let one =
        [Source::new("src/report/mod.rs", "use crate::{store::Reader, domain};\nuse csv::Writer;")];
    let left = unused_allowances(&one);
    let says = |finding: &str| left.iter().any(|found| found == finding);
    assert!(says("report does not import config") && !says("report does not import store"));
    assert!(says("report does not use rust_xlsxwriter") && !says("report does not use csv"));
}

#[test]
fn the_domain_is_pure() {
    check(check_domain_is_pure);
}

#[test]
fn the_wall_clock_is_read_in_one_place() {
    check(check_wall_clock);
}

#[test]
fn nothing_outside_tests_unwraps() {
    check(check_unwrap);
}

#[test]
fn no_source_file_holds_two_ideas() {
    check(check_file_length);
}

#[test]
fn no_unfinished_work_is_marked_and_left() {
    check(check_unfinished);
}

#[test]
fn no_registry_and_no_developers_machine_is_named() {
    check(check_private_names);
}

#[test]
fn each_dependency_says_why_it_is_here() {
    check(check_dependency_comments);
}

#[test]
fn every_toml_file_parses() {
    check(check_toml_parses);
}

/// Whether `canteend` knows these subcommands.
fn canteend_accepts(words: &[String]) -> bool {
    let mut canteend = Command::new(env!("CARGO_BIN_EXE_canteend"));
    canteend.args(words).arg("--help").output().unwrap().status.success()
}

#[test]
fn commands_are_read_from_code_blocks_alone() {
    let text = "Type `make coffee`.\n```sh\n$ make demo && ./target/release/canteend gallery import \\\n\
        sudo canteend run --config a.toml\nmeal 4 yuan\n```\ncanteend fly\n";
    let found = readme::commands(text);
    let said: Vec<_> =
        found.iter().map(|c| format!("{} {}", c.program, c.words.join(" "))).collect();
    assert_eq!(said, ["canteend gallery import", "canteend run", "make demo"]);
}

#[test]
fn commands_named_in_documents_exist() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    if !root.join("README.md").exists() {
        return;
    }
    let makefile = fs::read_to_string(root.join("Makefile")).unwrap();
    let mut missing = Vec::new();
    for source in read_all(root).iter().filter(|source| source.path.ends_with(".md")) {
        for command in readme::commands(&source.text) {
            let exists = match command.program {
                "make" => makefile.contains(&format!("\n{}:", command.words[0])),
                _ => canteend_accepts(&command.words),
            };
            if !exists {
                missing.push(format!("{}: {} {:?}", source.path, command.program, command.words));
            }
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
    assert!(!canteend_accepts(&["no-such-command".to_owned()]), "an unknown command is refused");
}
