//! Seals what is new, sends what the city has not acknowledged, stores the receipts.
//!
//! 1. A batch is stored before it is first sent, and is sent again byte for byte.
//! 2. A receipt counts when a key of the city's that may (`city::trust`) signed it for this very
//!    batch, and moves the watermark only by being stored.
//! 3. Batches go in order, one at a time.
//! 4. What may pass is tried again with growing waits. What will not (a conflict, a city that is
//!    ahead of the box) stops the upload and is an alarm: somebody has to look.
//! 5. The ledger is held for one step at a time, never while the network is waited for.

use super::desk::DeskError;
use super::hold::Hold;
use crate::city::backoff;
use crate::city::client::{Client, SendError};
use crate::city::signer::Signer;
use crate::city::wire::batch::{
    BATCH_ENTRIES_MAX, BATCH_PAYLOAD_BYTES_MAX, Batch, BatchError, Receipt, Sent,
};
use crate::city::wire::enrol::RefusalCode;
use crate::city::wire::suite;
use crate::city::wire::text::DeviceId;
use crate::clock::Clock;
use crate::domain::entry::EntryNumber;
use crate::error::{Exit, Sysexit};
use crate::record::merkle::Tree;
use crate::store::{BatchLimits, LedgerError, SealedBatch, Store};
use std::time::Duration;
use tracing::{info, warn};

/// How much goes into a batch; its other fields need less than the rest of the payload.
const LIMITS: BatchLimits =
    BatchLimits { entries_max: BATCH_ENTRIES_MAX, bytes_max: BATCH_PAYLOAD_BYTES_MAX - 2048 };

/// The way back for a box that was restored.
const ENROL_ANEW: &str =
    "Then ask the city for a new code and run `canteend provision --city URL --code CODE`";

/// Why not all entries are with the city.
#[derive(Debug, thiserror::Error)]
pub enum UploadError {
    /// The store.
    #[error(transparent)]
    Store(#[from] LedgerError),
    /// The ledger is busy, or the box stops.
    #[error(transparent)]
    Desk(#[from] DeskError),
    /// The request, or the answer to it.
    #[error("batch {seq}: {source}")]
    Send {
        /// Which batch.
        seq: u64,
        /// Why.
        source: SendError,
    },
    /// The receipt is not one for the batch, or not the city's.
    #[error("batch {seq}: the receipt does not hold: {source}")]
    Receipt {
        /// Which batch.
        seq: u64,
        /// Why.
        source: BatchError,
    },
    /// The city holds something else under this number.
    #[error(
        "batch {0}: the city holds other entries of this device. Was this box restored from a copy, or \
         the city? {ENROL_ANEW}. If not, two boxes use one key: stop this one and call the city's \
         technicians"
    )]
    Conflict(u64),
    /// The city holds more than the box has ever sent.
    #[error(
        "the city waits for batch {expected}, and the box has only {sent}. Was this box restored from \
         a copy? {ENROL_ANEW}. If not, two boxes use one key: stop this one and call the city's \
         technicians"
    )]
    Behind {
        /// The city's next batch.
        expected: u64,
        /// The box's last.
        sent: u64,
    },
    /// The city enrolled the device anew, and the box does not know of it.
    #[error(
        "batch {0}: the city has enrolled this device anew, and what this box sends belongs to an \
         epoch that is over. If `canteend provision` was cut off, run it again with the same code; \
         if another box was put in this one's place, stop this one"
    )]
    Over(u64),
    /// The device id cannot be used with a city.
    #[error("device \"{0}\": the city's interface takes 1 to 32 letters, digits and -")]
    Device(String),
}

impl UploadError {
    /// Whether another attempt, later, may help.
    pub fn passing(&self) -> bool {
        match self {
            Self::Send { source, .. } => source.passing(),
            // A receipt that was damaged on its way; the city gives the same one again.
            Self::Receipt { .. } | Self::Desk(_) => true,
            _ => false,
        }
    }

    /// Whether the city holds other entries of the device than the box thinks.
    pub fn apart(&self) -> bool {
        matches!(self, Self::Conflict(_) | Self::Behind { .. } | Self::Over(_))
    }
}

impl Sysexit for UploadError {
    fn exit(&self) -> Exit {
        match self {
            Self::Store(e) => e.exit(),
            Self::Desk(e) => e.exit(),
            Self::Send { source, .. } => source.exit(),
            Self::Receipt { .. } => Exit::Unavailable,
            Self::Conflict(_) | Self::Behind { .. } | Self::Over(_) => Exit::Data,
            Self::Device(_) => Exit::Config,
        }
    }
}

/// What an upload did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Uploaded {
    /// Batches whose receipts were stored.
    pub batches: u64,
    /// The last entry that the city has acknowledged.
    pub acknowledged: EntryNumber,
}

/// How often an upload is tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Patience {
    /// So many failures in a row, then it ends with the last of them.
    Failures(u32),
    /// For ever.
    Endless,
}

/// Seals all entries that stand in no batch yet, a batch at a time.
///
/// # Errors
/// [`UploadError::Store`], [`UploadError::Device`].
pub async fn seal_all<H: Hold>(hold: &mut H, signer: &Signer) -> Result<(), UploadError> {
    let mut tree = Tree::default();
    loop {
        let signer = signer.clone();
        let sealed = hold.ask(move |store| seal_next(store, &signer, LIMITS, tree)).await??;
        match sealed {
            Some(next) => tree = next,
            None => return Ok(()),
        }
    }
}

/// Seals the next batch, of at most `limits`. Gives the ledger's tree up to its end, so that a long
/// backlog is hashed once; `None` where nothing is left.
///
/// # Errors
/// [`UploadError::Store`], [`UploadError::Device`].
pub fn seal_next(
    store: &mut Store,
    signer: &Signer,
    limits: BatchLimits,
    mut tree: Tree,
) -> Result<Option<Tree>, UploadError> {
    let device = device(store)?;
    let Some(next) = store.unsealed(limits, &mut tree)? else { return Ok(None) };
    let batch = Batch {
        device,
        epoch: next.epoch,
        seq: next.seq,
        prev_batch: next.prev_batch,
        first: next.first,
        last: next.last,
        prev_hash: next.prev_hash,
        head: next.head,
        tree_size: next.last,
        root: next.root,
        gallery: next.gallery,
        entries: next.bodies,
    };
    let sealed = batch.seal(signer.key_at(batch.first));
    store.add_batch(&SealedBatch {
        seq: batch.seq,
        first: batch.first,
        last: batch.last,
        payload_sha256: sealed.payload_sha256,
        root: batch.root,
        envelope: sealed.envelope,
    })?;
    Ok(Some(tree))
}

fn device(store: &Store) -> Result<DeviceId, UploadError> {
    DeviceId::new(store.device()).map_err(|_| UploadError::Device(store.device().to_owned()))
}

/// Seals and sends everything, once: the first failure ends it.
///
/// # Errors
/// [`UploadError`]; what was acknowledged before stays so.
pub async fn run_once<H: Hold>(
    hold: &mut H,
    client: &Client,
    clock: &dyn Clock,
) -> Result<Uploaded, UploadError> {
    seal_all(hold, client.signer()).await?;
    let (mut batches, mut given_again) = (0, None);
    while let Some(batch) = hold.ask(|store| store.next_batch()).await?? {
        let answer = match send(client, clock, &batch).await {
            Err(UploadError::Send { source, .. }) => match gap(&source) {
                // Once for each batch: a city that never has enough must not keep us busy.
                Some(expected) if expected < batch.seq && given_again != Some(batch.seq) => {
                    given_again = Some(batch.seq);
                    warn!(expected, "the city asks again for batches that it acknowledged");
                    resend(hold, client, clock, expected..batch.seq).await?;
                    continue;
                }
                Some(expected) if expected > batch.seq => {
                    return Err(UploadError::Behind { expected, sent: batch.seq });
                }
                _ => return Err(refused(batch.seq, source)),
            },
            other => other?,
        };
        check(client, &batch, &answer)?;
        let kept = hold.ask(move |store| keep(store, &batch, &answer)).await??;
        batches += u64::from(kept);
    }
    Ok(Uploaded { batches, acknowledged: acknowledged(hold).await? })
}

/// Stores the receipt for `batch`, unless that was dropped while it was under way: the box was
/// enrolled anew, and its entries are sealed anew.
fn keep(store: &mut Store, batch: &SealedBatch, receipt: &[u8]) -> Result<bool, LedgerError> {
    let stored = store.batch(batch.seq)?;
    if stored.is_none_or(|stored| stored.payload_sha256 != batch.payload_sha256) {
        return Ok(false);
    }
    store.add_receipt(batch.seq, receipt)?;
    Ok(true)
}

async fn acknowledged<H: Hold>(hold: &mut H) -> Result<EntryNumber, UploadError> {
    Ok(hold.ask(|store| store.acknowledged()).await??)
}

/// Uploads with waits between failures. `pause` waits; progress starts the count anew.
///
/// # Errors
/// [`UploadError`] that does not pass, or that outlasts `patience`.
pub async fn run<H: Hold>(
    hold: &mut H,
    client: &Client,
    clock: &dyn Clock,
    patience: Patience,
    mut pause: impl AsyncFnMut(Duration),
) -> Result<Uploaded, UploadError> {
    let (mut failures, mut reached) = (0u32, acknowledged(hold).await?);
    loop {
        let problem = match run_once(hold, client, clock).await {
            Ok(uploaded) => return Ok(uploaded),
            Err(problem) => problem,
        };
        let acknowledged = acknowledged(hold).await?;
        failures = if acknowledged > reached { 1 } else { failures.saturating_add(1) };
        reached = acknowledged;
        let enough = matches!(patience, Patience::Failures(most) if failures >= most);
        if enough || !problem.passing() {
            return Err(problem);
        }
        let draw = suite::random()
            .map_err(|source| UploadError::Send { seq: 0, source: SendError::Random(source) })?;
        let wait = backoff::wait(failures, u64::from_le_bytes(draw));
        info!(failures, wait_s = wait.as_secs(), acknowledged, "the city will be tried again");
        pause(wait).await;
    }
}

async fn send(
    client: &Client,
    clock: &dyn Clock,
    batch: &SealedBatch,
) -> Result<Vec<u8>, UploadError> {
    let sent = client.put_batch(clock.now(), batch.seq, &batch.envelope).await;
    sent.map_err(|source| UploadError::Send { seq: batch.seq, source })
}

/// Checks the receipt for `batch`, which came on a stick, and stores it.
///
/// # Errors
/// [`UploadError::Receipt`] for one that is not the city's or for another batch.
pub fn accept(
    store: &mut Store,
    client: &Client,
    batch: &SealedBatch,
    answer: &[u8],
) -> Result<(), UploadError> {
    check(client, batch, answer)?;
    Ok(store.add_receipt(batch.seq, answer)?)
}

fn check(client: &Client, batch: &SealedBatch, answer: &[u8]) -> Result<(), UploadError> {
    let sent = Sent {
        device: client.device(),
        seq: batch.seq,
        payload_sha256: batch.payload_sha256,
        tree_size: batch.last,
        root: batch.root,
    };
    Receipt::open(answer, &client.city().for_receipt(batch.last))
        .and_then(|receipt| receipt.fits(&sent))
        .map_err(|source| UploadError::Receipt { seq: batch.seq, source })
}

/// Sends batches again that were acknowledged before: a city that lost them may have them back.
async fn resend<H: Hold>(
    hold: &mut H,
    client: &Client,
    clock: &dyn Clock,
    which: std::ops::Range<u64>,
) -> Result<(), UploadError> {
    for seq in which {
        let stored = hold.ask(move |store| store.batch(seq)).await??;
        let Some(batch) = stored else { return Err(UploadError::Conflict(seq)) };
        let answer = send(client, clock, &batch).await.map_err(|error| match error {
            UploadError::Send { seq, source } => match refused(seq, source) {
                // The city waits for the present epoch's batches, and neither has this one of an
                // earlier epoch nor takes it any more.
                UploadError::Over(seq) => UploadError::Conflict(seq),
                other => other,
            },
            other => other,
        })?;
        check(client, &batch, &answer)?;
    }
    Ok(())
}

/// The batch that the city waits for, where that is why it refused.
fn gap(error: &SendError) -> Option<u64> {
    match error.refusal() {
        Some((RefusalCode::Gap, refusal)) => refusal.expected.filter(|expected| *expected > 0),
        _ => None,
    }
}

fn refused(seq: u64, source: SendError) -> UploadError {
    match source.refusal() {
        Some((RefusalCode::Conflict, _)) => UploadError::Conflict(seq),
        Some((RefusalCode::Epoch, _)) => UploadError::Over(seq),
        _ => UploadError::Send { seq, source },
    }
}
