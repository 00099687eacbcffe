//! Writes the man pages and the shells' completions of the package: `papers FOLDER`.
//!
//! They are made from the very declaration that parses the command line, so they cannot say
//! anything else than the program does. The program on the box carries none of this.

#![expect(clippy::unwrap_used, reason = "a tool of the build; a failure ends it")]

use clap::CommandFactory as _;
use clap_complete::Shell;
use std::fs;
use std::path::Path;

fn main() {
    let [folder] = <[String; 1]>::try_from(std::env::args().skip(1).collect::<Vec<_>>()).unwrap();
    write(Path::new(&folder));
}

/// Writes `man1/*.1` and one file of completions for each shell, where Debian looks for them.
pub fn write(folder: &Path) {
    let mut command = canteend::cli::Cli::command();
    let pages = folder.join("man/man1");
    fs::create_dir_all(&pages).unwrap();
    clap_mangen::generate_to(command.clone(), &pages).unwrap();
    for (shell, place) in [
        (Shell::Bash, "bash-completion/completions/canteend"),
        (Shell::Zsh, "zsh/vendor-completions/_canteend"),
        (Shell::Fish, "fish/vendor_completions.d/canteend.fish"),
    ] {
        let path = folder.join(place);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let mut file = fs::File::create(path).unwrap();
        clap_complete::generate(shell, &mut command, "canteend", &mut file);
    }
}
