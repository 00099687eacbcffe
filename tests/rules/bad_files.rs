//! Files of rule tables that must be refused, and with which words.
//!
//! The first line of each file in `fixtures/rules/bad` says what the refusal must name:
//! `# LINE | KEY | words | more words`.

use super::project;
use canteend::config::rules::{RULES_FILE_BYTES_MAX, RulesError, load};
use canteend::domain::calendar::Date;
use canteend::domain::rules::RuleBook;
use std::fs;

#[test]
fn every_bad_file_is_refused_with_line_key_and_remedy() {
    let mut files: Vec<_> = fs::read_dir(project("fixtures/rules/bad"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    let mut wrong = Vec::new();
    for path in &files {
        let name = path.file_name().unwrap().to_string_lossy();
        let text = fs::read_to_string(path).unwrap();
        let expected: Vec<&str> =
            text.lines().next().unwrap().trim_start_matches("# ").split(" | ").collect();
        let said = match load(path) {
            Ok(_) => "accepted".to_owned(),
            Err(error) => error.to_string(),
        };
        let place = format!("{name}:{}: {}: ", expected[0], expected[1]);
        if !said.contains(&place) || expected[2..].iter().any(|words| !said.contains(words)) {
            wrong.push(format!("{name}: expected {expected:?}\n  {said}"));
        }
        if said.contains('\n') {
            wrong.push(format!("{name}: more than one line\n  {said}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(files.len() >= 30, "only {} bad files", files.len());
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let absent = folder.path().join("absent.toml");
    let error = load(&absent).unwrap_err();
    assert!(matches!(error, RulesError::Read { .. }));
    assert!(error.to_string().contains("absent.toml"), "{error}");

    let binary = folder.path().join("binary.toml");
    fs::write(&binary, [0xff, 0xfe, 0x00]).unwrap();
    assert!(matches!(load(&binary), Err(RulesError::Read { .. })));

    let huge = folder.path().join("huge.toml");
    fs::File::create(&huge).unwrap().set_len(RULES_FILE_BYTES_MAX + 1).unwrap();
    assert!(matches!(load(&huge), Err(RulesError::TooLarge { .. })));
}

#[test]
fn a_file_cut_anywhere_never_changes_what_a_meal_is_worth() {
    let text = fs::read_to_string(project("config/rules/lcetdz-2022.toml")).unwrap();
    let whole = load(&project("config/rules/lcetdz-2022.toml")).unwrap();
    let date = Date::constant(2026, 3, 10);
    let bands = |book: &RuleBook| {
        let table = book.in_force(date).unwrap();
        [69, 70, 79, 80, 120].map(|years| table.band(years).cloned())
    };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cut.toml");
    let mut refused = 0;
    for end in text.char_indices().map(|(at, _)| at) {
        fs::write(&path, &text[..end]).unwrap();
        match load(&path) {
            Ok(book) => assert_eq!(bands(&book), bands(&whole), "cut at byte {end}"),
            Err(_) => refused += 1,
        }
    }
    assert!(refused > text.chars().count() * 9 / 10, "only {refused} cuts were refused");
}
