//! A PIN from standard input. On a terminal it is asked for, and what is typed is not shown.

use crate::daemon::control::operators::Typed;
use crate::error::{Exit, Failure};
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use std::io::{self, BufRead as _, IsTerminal as _, Read as _, Write as _};

/// Longest line that is read for a PIN, in bytes.
const LINE_BYTES_MAX: u64 = 256;

/// One line of standard input.
pub(super) fn read() -> Result<Typed, Failure> {
    let failed = |e: io::Error| Failure::new(Exit::Io, format!("standard input: {e}"));
    let _silent = match io::stdin().is_terminal() {
        true => Some(Silent::begin().map_err(failed)?),
        false => None,
    };
    let mut prompt = io::stderr();
    if prompt.is_terminal() {
        prompt.write_all(b"PIN: ").and_then(|()| prompt.flush()).map_err(failed)?;
    }
    let mut line = String::new();
    io::stdin().lock().take(LINE_BYTES_MAX).read_line(&mut line).map_err(failed)?;
    Ok(Typed(line.trim_end_matches(['\r', '\n']).to_owned()))
}

/// A terminal that shows nothing of what is typed but the end of the line, until this is dropped.
/// Meanwhile no key sends a signal, which would leave the terminal so.
struct Silent(Termios);

impl Silent {
    fn begin() -> io::Result<Self> {
        let before = tcgetattr(io::stdin())?;
        let mut silent = before.clone();
        silent.local_modes.remove(LocalModes::ECHO | LocalModes::ISIG);
        silent.local_modes.insert(LocalModes::ECHONL);
        // What was typed before the question is no answer to it.
        tcsetattr(io::stdin(), OptionalActions::Flush, &silent)?;
        Ok(Silent(before))
    }
}

impl Drop for Silent {
    fn drop(&mut self) {
        // A terminal that has gone needs nothing any more.
        let _ = tcsetattr(io::stdin(), OptionalActions::Now, &self.0);
    }
}
