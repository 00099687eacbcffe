//! The city's own key is followed by another, and the box follows.
//!
//! 1. Each step is signed by the key before ([`succession`](crate::city::wire::succession)), begins
//!    at the pinned key, and never leads back.
//! 2. A step is an entry in the ledger first and is pinned then. One that was cut off in between is
//!    taken up again with the entry that is there.
//! 3. What cannot be followed leaves the pinned key in force.

use super::desk::DeskError;
use super::hold::Stamps;
use crate::city::client::{Client, SendError};
use crate::city::identity::{self, IdentityError};
use crate::city::wire::enrol::RefusalCode;
use crate::city::wire::succession::{STATEMENTS_MAX, Succession, SuccessionError};
use crate::domain::entry::operation::{Digest, KeyChange, KeyPurpose};
use crate::domain::entry::{EntryNumber, Event};
use crate::error::{Exit, Sysexit};
use crate::store::LedgerError;
use std::path::Path;
use tracing::{info, warn};

/// Most answers of statements that are asked for in one round.
const ANSWERS_MAX: u32 = 4;

/// Why the city's newest key was not taken up.
#[derive(Debug, thiserror::Error)]
pub enum FollowError {
    /// The ledger is busy, or the box stops.
    #[error(transparent)]
    Desk(#[from] DeskError),
    /// The ledger could not be written.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The pinned city cannot be read or written.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// The request, or an answer that cannot be read.
    #[error("the city's own key: {0}")]
    Send(#[from] SendError),
    /// The statements do not hold.
    #[error("{0}; the pinned key stays: compare fingerprints with the city by telephone")]
    Statement(#[from] SuccessionError),
}

impl FollowError {
    /// Whether another attempt, later, may help.
    pub fn passing(&self) -> bool {
        match self {
            Self::Desk(_) => true,
            Self::Send(error) => error.passing(),
            Self::Ledger(_) | Self::Identity(_) | Self::Statement(_) => false,
        }
    }
}

impl Sysexit for FollowError {
    fn exit(&self) -> Exit {
        match self {
            Self::Desk(e) => e.exit(),
            Self::Ledger(e) => e.exit(),
            Self::Identity(e) => e.exit(),
            Self::Send(e) => e.exit(),
            Self::Statement(_) => Exit::Data,
        }
    }
}

/// Asks the city what has followed the pinned key, and follows. Says how many steps that took;
/// `client` then believes the newest.
///
/// # Errors
/// [`FollowError`]; the steps before it count.
pub async fn follow<H: Stamps>(
    hold: &mut H,
    state: &Path,
    client: &mut Client,
) -> Result<usize, FollowError> {
    let mut steps = 0;
    for _ in 0..ANSWERS_MAX {
        let said = match client.succession().await {
            Err(error) if is_unknown(&error) => {
                warn!("the city does not know the key that is pinned here");
                break;
            }
            other => other?,
        };
        steps += take(hold, state, client, &said).await?;
        if said.statements.len() < STATEMENTS_MAX {
            break;
        }
    }
    Ok(steps)
}

fn is_unknown(error: &SendError) -> bool {
    matches!(error.refusal(), Some((RefusalCode::Missing, _)))
}

/// Follows statements, by whichever way they came.
///
/// # Errors
/// [`FollowError`]; where a statement does not hold, none counts.
pub async fn take<H: Stamps>(
    hold: &mut H,
    state: &Path,
    client: &mut Client,
    said: &Succession,
) -> Result<usize, FollowError> {
    let known = client.city();
    let path = said.after(known.newest(), |key| known.knows(key))?;
    let steps = path.len();
    for next in path {
        let now = next.digest().0;
        let entry = hold
            .ask_stamped(move |at| {
                let before = at.store().key_in_use(KeyPurpose::City)?;
                if let Some((entry, _)) = before.filter(|(_, digest)| *digest == now) {
                    return Ok(entry);
                }
                let before: Option<Digest> = before.map(|(_, digest)| digest);
                let change = Event::Key(KeyChange { purpose: KeyPurpose::City, now, before });
                Ok::<EntryNumber, LedgerError>(at.append(&change)?.n)
            })
            .await??;
        info!(entry, key = next.id(), "the city signs with another key now");
        let keys = client.city().followed_by(entry, next);
        identity::repin(state, keys.clone())?;
        client.believe(keys);
    }
    Ok(steps)
}
