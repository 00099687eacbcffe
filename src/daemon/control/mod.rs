//! The control socket: commands of the box's own user reach the running daemon.
//!
//! 1. While the daemon runs it alone writes; a command that wants something written asks it, over
//!    `control.sock` in the state folder. Whoever may enter that folder (mode 0700) may ask.
//! 2. One connection carries one request, a line of JSON, and one reply, another line. Both are
//!    bounded, and so are the connections at a time.
//! 3. What a request does is said once, in [`work`], for the daemon and for a command that finds
//!    no daemon and takes the lock itself.

pub mod client;
pub mod operators;
pub mod status;
pub mod work;

use super::board::Board;
use super::desk::Desk;
use super::epoch::Taken;
use super::night::Bell;
use super::night::round::Done;
use super::reload::Reload;
use super::swap::Swap;
use crate::city::wire::enrol::Held;
use crate::error::{Exit, Failure};
use operators::OperatorChange;
use serde::{Deserialize, Serialize};
use status::Status;
use std::fs::{self, File};
use std::io;
use std::os::fd::AsRawFd as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tracing::warn;

/// The socket in the state folder.
pub const SOCKET_FILE: &str = "control.sock";
/// Longest request or reply, in bytes.
pub const LINE_BYTES_MAX: u64 = 64 << 10;
/// Most connections at a time; further ones wait to be accepted.
pub const CONNECTIONS_MAX: usize = 8;
/// Longest wait for a request to arrive, and for a reply to be taken.
pub const PATIENCE: Duration = Duration::from_secs(5);

/// What requests are carried out with.
#[derive(Clone)]
pub struct Reach {
    /// The way to the ledger.
    pub desk: Desk,
    /// What is going on.
    pub board: Arc<Board>,
    /// Brings a changed gallery into service.
    pub swap: Swap,
    /// Asks for a talk with the city.
    pub bell: Bell,
    /// Takes up a changed configuration.
    pub reload: Reload,
}

/// What is asked of the daemon.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Request {
    /// How the box is.
    Status,
    /// Undo a meal or visit of today.
    Void {
        /// The entry.
        entry: u64,
        /// Code of the reason.
        reason: String,
        /// Who undoes it.
        operator: String,
    },
    /// Destroy an elder's face.
    Forget {
        /// Who.
        elder: String,
    },
    /// Believe the clock; what waited for that is settled.
    ConfirmClock,
    /// Add or change an operator.
    Operator {
        /// Who.
        id: String,
        /// What is to become of them.
        change: OperatorChange,
    },
    /// Say in the ledger which keys are in use.
    RecordKeys,
    /// Take an enrolment into the ledger.
    Enrolled {
        /// The epoch that the city gave.
        epoch: u64,
        /// What the city holds of the epochs before.
        held: Option<Held>,
    },
    /// Read the configuration again.
    Reload,
    /// Forget how far the box has got with the city's gallery: the next one is taken whole.
    ForgetCityGallery,
    /// Talk to the city now: send, fetch gallery and verdicts.
    Upload,
    /// Hand in the settlement of a month.
    Close {
        /// The month, `YYYY-MM`.
        month: String,
        /// Who hands it in.
        operator: String,
    },
    /// Note that something left the box.
    Export {
        /// Code of what.
        what: String,
        /// First entry that it covers.
        first: u64,
        /// Last entry that it covers.
        last: u64,
        /// SHA-256 of the file, in hexadecimal digits.
        digest: String,
    },
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// How the box is.
    Status(Box<Status>),
    /// The entry that does it; none where there was nothing to do.
    Entry(Option<u64>),
    /// The configuration is in force.
    Reloaded,
    /// How many entries name keys that were not named before.
    Keys(u32),
    /// What the enrolment means for the ledger.
    Enrolled(Taken),
    /// What the talk with the city did.
    City(Done),
    /// The talk with the city goes on.
    Underway,
    /// The clock is believed.
    Trusted {
        /// The time that it is.
        now: String,
        /// Meals and visits that waited and are settled.
        confirmed: usize,
        /// Past meals of which more or less is taken off than before.
        adjusted: usize,
    },
}

/// A reply as it travels.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Reply {
    /// It was done.
    Done(Answer),
    /// It was not, or failed.
    Refused {
        /// Exit code for the command.
        exit: u8,
        /// Why, and what to do.
        problem: String,
    },
}

impl From<Result<Answer, Failure>> for Reply {
    fn from(done: Result<Answer, Failure>) -> Self {
        match done {
            Ok(answer) => Reply::Done(answer),
            Err(failure) => Reply::Refused { exit: failure.exit as u8, problem: failure.in_full() },
        }
    }
}

/// The socket's path as the kernel takes it: through the opened folder, because a socket's name
/// has at most 107 bytes and a folder's may have more.
fn through(folder: &File) -> PathBuf {
    PathBuf::from(format!("/proc/self/fd/{}/{SOCKET_FILE}", folder.as_raw_fd()))
}

/// Makes the socket in a state folder whose lock is held, over one that an earlier run left.
/// Needs the runtime's context.
///
/// # Errors
/// Where the socket cannot be made, such as one in its place that belongs to somebody else.
pub fn listen(state: &Path) -> Result<UnixListener, Failure> {
    let path = state.join(SOCKET_FILE);
    let failed = |e: io::Error| {
        let text = format!(
            "{}: the control socket cannot be made: {e}; see to it that {} and what is in it \
             belong to the service's user",
            path.display(),
            state.display()
        );
        Failure::new(Exit::Io, text)
    };
    leave(state);
    let folder = File::open(state).map_err(failed)?;
    UnixListener::bind(through(&folder)).map_err(failed)
}

/// Takes the socket away.
pub fn leave(state: &Path) {
    // One that cannot be removed shows when the next is made.
    let _ = fs::remove_file(state.join(SOCKET_FILE));
}

/// Answers requests until the runtime ends.
pub async fn serve(socket: UnixListener, reach: Reach) {
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    loop {
        let place = places.clone().acquire_owned().await.expect("it is never closed");
        let stream = match socket.accept().await {
            Ok((stream, _)) => stream,
            // Such as too many open files: it passes or shows elsewhere.
            Err(problem) => {
                warn!(%problem, "control socket");
                tokio::time::sleep(Duration::from_secs(1)).await;
                continue;
            }
        };
        let reach = reach.clone();
        tokio::spawn(async move {
            // Whoever went away in the middle does not want the reply.
            let _ = converse(stream, &reach).await;
            drop(place);
        });
    }
}

async fn converse(mut stream: UnixStream, reach: &Reach) -> io::Result<()> {
    let (read, mut write) = stream.split();
    let mut line = String::new();
    let mut bounded = BufReader::new(read.take(LINE_BYTES_MAX));
    timeout(PATIENCE, bounded.read_line(&mut line)).await.map_err(io::Error::other)??;
    let reply = match serde_json::from_str::<Request>(&line) {
        Ok(request) => Reply::from(work::carry_out(request, reach).await),
        Err(problem) => Reply::Refused {
            exit: Exit::Usage as u8,
            problem: format!("the daemon does not know this request: {problem}"),
        },
    };
    let mut bytes = serde_json::to_vec(&reply).map_err(io::Error::other)?;
    bytes.push(b'\n');
    timeout(PATIENCE, write.write_all(&bytes)).await.map_err(io::Error::other)?
}
