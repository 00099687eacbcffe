//! The project's text files, and Rust code without its comments, literals and tests.

use std::fs;
use std::iter;
use std::path::Path;

/// A text file of the project.
pub struct Source {
    /// Path from the project's root, such as `src/domain/visit.rs`.
    pub path: String,
    /// What it holds.
    pub text: String,
    /// Rust code with comments and literals blanked out; empty for other files.
    pub code: String,
    /// The same without what is compiled for tests only.
    pub shipped: String,
}

impl Source {
    /// The file at `path` that holds `text`.
    pub fn new(path: &str, text: &str) -> Self {
        let rust = path.ends_with(".rs");
        let code = if rust { without_comments_and_literals(text) } else { String::new() };
        let for_tests =
            !path.starts_with("src/") || path.ends_with("/tests.rs") || path.contains("/tests/");
        let shipped = if for_tests { String::new() } else { without_tests(&code) };
        Source { path: path.to_owned(), text: text.to_owned(), code, shipped }
    }

    /// The module below the crate's root that it belongs to: `domain` of `src/domain/visit.rs`.
    /// `None` outside `src/`, and for `lib.rs`, which is the root.
    pub fn module(&self) -> Option<&str> {
        let inside = self.path.strip_prefix("src/")?.strip_suffix(".rs")?;
        inside.split('/').next().filter(|module| *module != "lib")
    }

    /// How many `super` lead from it to the crate's root: 2 from `src/domain/visit.rs`.
    pub fn depth(&self) -> usize {
        let folders = self.path.matches('/').count();
        if self.path.ends_with("/mod.rs") { folders - 1 } else { folders }
    }

    /// A finding at a line, as compilers write it.
    pub fn at(&self, line: usize, finding: impl std::fmt::Display) -> String {
        format!("{}:{line}: {finding}", self.path)
    }
}

/// The lines of a text, numbered from 1.
pub fn numbered(text: &str) -> impl Iterator<Item = (usize, &str)> {
    iter::zip(1.., text.lines())
}

/// All text files below `root` but those that git ignores by a line of `.gitignore`.
pub fn read_all(root: &Path) -> Vec<Source> {
    let ignored = fs::read_to_string(root.join(".gitignore")).unwrap();
    let mut sources = Vec::new();
    let mut folders = vec![root.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
            let path = entry.path();
            let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
            let kind = entry.file_type().unwrap();
            if name == ".git" || is_ignored(&ignored, &name) {
                continue;
            } else if kind.is_dir() {
                folders.push(path);
            } else if kind.is_file()
                && let Ok(text) = String::from_utf8(fs::read(path).unwrap())
            {
                sources.push(Source::new(&name, &text));
            }
        }
    }
    sources.sort_by(|a, b| a.path.cmp(&b.path));
    sources
}

/// Our `.gitignore` holds lines `/path` and `/path*` only.
fn is_ignored(ignored: &str, name: &str) -> bool {
    ignored
        .lines()
        .filter_map(|line| line.strip_prefix('/'))
        .any(|rule| rule.strip_suffix('*').map_or(rule == name, |start| name.starts_with(start)))
}

/// Where `word` stands in `text` by itself and not as part of a longer name; bytes.
pub fn words<'a>(text: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    let inside_name = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(word).map(|(at, _)| at).filter(move |at| {
        !text[..*at].ends_with(inside_name) && !text[at + word.len()..].starts_with(inside_name)
    })
}

/// Modules named by `crate::…` or `canteend::…`, also in groups, each with its line.
pub fn imports(code: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    for root in ["crate", "canteend"] {
        for at in words(code, root) {
            let Some(rest) = code[at + root.len()..].strip_prefix("::") else { continue };
            let line = code[..at].matches('\n').count() + 1;
            let items = rest.strip_prefix('{').map_or(vec![rest], group_items);
            found.extend(items.into_iter().map(|item| (line, leading_name(item))));
        }
    }
    found
}

/// The items of a `use` group whose opening brace was just passed.
fn group_items(group: &str) -> Vec<&str> {
    let (mut items, mut start, mut depth) = (Vec::new(), 0, 0);
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            ',' | '}' if depth == 0 => {
                items.push(&group[start..at]);
                start = at + 1;
                if c == '}' {
                    break;
                }
            }
            _ => {}
        }
    }
    items.retain(|item| !item.trim().is_empty());
    items
}

/// The name that a text begins with.
fn leading_name(text: &str) -> &str {
    let text = text.trim_start();
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
    &text[..end]
}

/// The longest run of `super::` in a line.
pub fn super_chain_max(code: &str) -> usize {
    let chain = |at: usize| {
        let mut rest = &code[at..];
        iter::from_fn(|| rest.strip_prefix("super::").inspect(|after| rest = after)).count()
    };
    words(code, "super").map(chain).max().unwrap_or(0)
}

/// Whether a line of code names a crate: `ort::…`, `::ort::…`, `use ort;`, `use ort as …`.
pub fn names_crate(code: &str, name: &str) -> bool {
    words(code, name).any(|at| {
        let (before, after) = (code[..at].trim_end(), &code[at + name.len()..]);
        let inside_path =
            |before: &str| before.ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '>');
        let path = after.starts_with("::") && !before.strip_suffix("::").is_some_and(inside_path);
        path || before.ends_with("use") && (after.starts_with(';') || after.starts_with(" as "))
    })
}

/// Blanks out comments and the insides of string and character literals; lines stay where they are.
fn without_comments_and_literals(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let skipped = skipped_length(rest, code.ends_with(|c: char| c.is_alphanumeric()));
        let taken = if skipped == 0 { first.len_utf8() } else { skipped };
        let (piece, after) = rest.split_at(taken);
        if skipped == 0 {
            code.push_str(piece);
        } else {
            blank(&mut code, piece);
        }
        rest = after;
    }
    code
}

fn blank(code: &mut String, piece: &str) {
    code.extend(piece.chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
}

/// Bytes of the comment or literal that `text` begins with; 0 where it begins with code.
fn skipped_length(text: &str, after_name: bool) -> usize {
    let end = |close: &str, from: usize| {
        text[from..].find(close).map_or(text.len(), |at| from + at + close.len())
    };
    let mut chars = text.chars();
    match chars.next() {
        Some('/') if text.starts_with("//") => text.find('\n').unwrap_or(text.len()),
        Some('/') if text.starts_with("/*") => nested_comment_length(text),
        Some('"') => quoted_length(text, '"'),
        Some('r') if !after_name => {
            let hashes = text[1..].bytes().take_while(|b| *b == b'#').count();
            let raw = text[1 + hashes..].starts_with('"');
            if raw { end(&format!("\"{}", "#".repeat(hashes)), hashes + 2) } else { 0 }
        }
        // A quote opens a character where another closes it behind one character or an escape;
        // otherwise it is a lifetime.
        Some('\'') => match (chars.next(), chars.next()) {
            (Some('\\'), _) | (Some(_), Some('\'')) => quoted_length(text, '\''),
            _ => 0,
        },
        _ => 0,
    }
}

fn nested_comment_length(text: &str) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < text.len() {
        let step = match &text.as_bytes()[at..] {
            [b'/', b'*', ..] => (1, 2),
            [b'*', b'/', ..] => (-1, 2),
            _ => (0, 1),
        };
        depth += step.0;
        at += step.1;
        if depth == 0 {
            break;
        }
    }
    at
}

fn quoted_length(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if c == quote => return at + c.len_utf8(),
            _ => {}
        }
    }
    text.len()
}

/// Blanks out each item below `#[cfg(test)]`.
fn without_tests(code: &str) -> String {
    const MARK: &str = "#[cfg(test)]";
    let (mut shipped, mut rest) = (String::new(), code);
    while let Some(at) = rest.find(MARK) {
        shipped.push_str(&rest[..at]);
        let length = item_length(&rest[at..]);
        blank(&mut shipped, &rest[at..at + length]);
        rest = &rest[at + length..];
    }
    shipped + rest
}

/// Bytes to the end of an item: its closing brace, or a semicolon before any brace.
fn item_length(item: &str) -> usize {
    let mut depth = 0;
    for (at, c) in item.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 1 => return at + 1,
            '}' => depth -= 1,
            ';' if depth == 0 => return at + 1,
            _ => {}
        }
    }
    item.len()
}
