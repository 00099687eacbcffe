//! The tests by which documents show what is promised.

use crate::source::read_all;
use std::fs;
use std::path::Path;

/// Fewest underscores of a test's name; names of tests are sentences.
const UNDERSCORES_MIN: usize = 3;

/// Names of tests and paths of files that a document gives in backticks.
fn named(markdown: &str) -> (Vec<&str>, Vec<&str>) {
    let quoted = markdown.split('`').skip(1).step_by(2);
    let plain = quoted.filter(|text| !text.contains(char::is_whitespace));
    let (paths, words): (Vec<_>, Vec<_>) = plain.partition(|text| text.contains('/'));
    let tests = words.into_iter().filter(|text| text.matches('_').count() >= UNDERSCORES_MIN);
    (tests.collect(), paths)
}

#[test]
fn the_tests_that_documents_name_exist() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let sources = read_all(root);
    let exists = |test: &str| {
        let declared = format!("fn {test}(");
        sources.iter().any(|source| source.text.contains(&declared))
    };
    let mut missing = vec![];
    for document in ["docs/box-evidence.md", "docs/ledger-evidence.md"] {
        let text = fs::read_to_string(root.join(document)).unwrap();
        let (tests, paths) = named(&text);
        assert!(tests.len() > 5 && paths.len() > 5, "{document} names nothing");
        missing.extend(tests.into_iter().filter(|test| !exists(test)).map(str::to_owned));
        let there = |path: &str| path.contains('*') || root.join(path).exists();
        missing.extend(paths.into_iter().filter(|path| !there(path)).map(str::to_owned));
    }
    assert!(missing.is_empty(), "{missing:#?}");
}
