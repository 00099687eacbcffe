//! The command's end of the control socket.

use super::{Answer, LINE_BYTES_MAX, Reply, Request, SOCKET_FILE, through};
use crate::error::{Exit, Failure};
use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

/// Longest wait for the daemon's reply: a gallery may be loading.
const REPLY_WAIT: Duration = Duration::from_secs(60);

/// Asks the daemon that serves the state folder; `None` where none runs.
///
/// # Errors
/// What the daemon says, with its exit code; or that it does not answer.
pub fn ask(state: &Path, request: &Request) -> Result<Option<Answer>, Failure> {
    let path = state.join(SOCKET_FILE);
    let failed = |e: io::Error| {
        let text = format!("{}: the daemon does not answer: {e}", path.display());
        Failure::new(Exit::Unavailable, text)
    };
    let Ok(folder) = File::open(state) else { return Ok(None) };
    let mut stream = match UnixStream::connect(through(&folder)) {
        Ok(stream) => stream,
        Err(e) if is_absent(&e) => return Ok(None),
        Err(e) => return Err(failed(e)),
    };
    stream.set_read_timeout(Some(REPLY_WAIT)).map_err(failed)?;
    stream.set_write_timeout(Some(REPLY_WAIT)).map_err(failed)?;
    let mut line = serde_json::to_vec(request).map_err(|e| Failure::new(Exit::Software, e))?;
    line.push(b'\n');
    stream.write_all(&line).map_err(failed)?;
    let mut reply = String::new();
    BufReader::new(stream.take(LINE_BYTES_MAX)).read_line(&mut reply).map_err(failed)?;
    match serde_json::from_str(&reply).map_err(|e| failed(e.into()))? {
        Reply::Done(answer) => Ok(Some(answer)),
        Reply::Refused { exit, problem } => Err(Failure::new(exit_of(exit), problem)),
    }
}

/// No socket, or one that a daemon left behind.
fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused)
}

fn exit_of(code: u8) -> Exit {
    const ALL: [Exit; 6] =
        [Exit::Usage, Exit::Data, Exit::Unavailable, Exit::Software, Exit::Io, Exit::Config];
    ALL.into_iter().find(|exit| *exit as u8 == code).unwrap_or(Exit::Software)
}
