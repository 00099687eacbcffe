//! Commands that documentation tells people to type.

/// One `canteend` or `make` command: the words before its first argument.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Command {
    /// `canteend` or `make`.
    pub program: &'static str,
    /// Subcommands (`gallery`, `import`) or the target.
    pub words: Vec<String>,
}

/// Commands in the code blocks of a Markdown text, each once. Lines that show output are taken
/// for commands only where they begin with the program or a prompt.
pub fn commands(markdown: &str) -> Vec<Command> {
    let mut found = Vec::new();
    let mut in_block = false;
    for line in markdown.lines().map(str::trim) {
        if line.starts_with("```") {
            in_block = !in_block;
        } else if in_block {
            found.extend(line.split("&&").filter_map(command));
        }
    }
    found.sort();
    found.dedup();
    found
}

fn command(text: &str) -> Option<Command> {
    let typed = text.trim().trim_start_matches("$ ").trim_start_matches("sudo ");
    let mut tokens = typed.split_whitespace();
    let name = tokens.next()?.rsplit('/').next()?;
    let program = ["canteend", "make"].into_iter().find(|program| *program == name)?;
    let is_word = |token: &&str| {
        token.starts_with(|c: char| c.is_ascii_lowercase())
            && token.chars().all(|c| c.is_ascii_lowercase() || c == '-')
    };
    let words: Vec<_> = tokens.take_while(is_word).map(str::to_owned).collect();
    (!words.is_empty()).then_some(Command { program, words })
}
