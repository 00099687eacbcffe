//! `canteend ledger verify`: chain, tree, what follows from the entries, and the city's last receipt.

use super::ledger::Which;
use super::{say, say_json};
use crate::city::identity::{self, IdentityError};
use crate::city::wire::batch::{Receipt, Sent};
use crate::city::wire::text::DeviceId;
use crate::config::Config;
use crate::error::{Exit, Failure};
use crate::store::{Depth, Reader};
use clap::Args;

#[derive(Debug, Args)]
pub(super) struct Verify {
    #[command(flatten)]
    which: Which,
    /// Only numbers, hashes and the chain; not what follows from the entries
    #[arg(long)]
    chain_only: bool,
    /// Answer in JSON
    #[arg(long)]
    json: bool,
}

#[derive(serde::Serialize)]
struct Answer {
    entries: u64,
    head: String,
    root: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    sums: Option<Amounts>,
    #[serde(skip_serializing_if = "Option::is_none")]
    acknowledged: Option<u64>,
}

#[derive(serde::Serialize)]
struct Amounts {
    meals: u64,
    pending: u64,
    visits: u64,
    unnamed: u64,
    city_fen: u64,
    district_fen: u64,
    reduced_fen: u64,
}

pub(super) fn run(options: &Verify) -> Result<(), Failure> {
    let depth = if options.chain_only { Depth::Chain } else { Depth::Full };
    let mut reader = options.which.open()?;
    let verified = reader.verify(depth, |_| {})?;
    let acknowledged = match options.which.own()? {
        Some(config) => receipt(&reader, &config)?,
        None => None,
    };
    let answer = Answer {
        entries: verified.entries,
        head: verified.head.to_string(),
        root: verified.root.to_string(),
        sums: verified.sums.map(|s| Amounts {
            meals: s.meals,
            pending: s.pending,
            visits: s.visits,
            unnamed: s.unnamed,
            city_fen: s.city_fen,
            district_fen: s.district_fen,
            reduced_fen: s.reduced_fen,
        }),
        acknowledged,
    };
    if options.json {
        return say_json(&answer);
    }
    say(format_args!("ledger verified: {} entries, head {}", answer.entries, answer.head))?;
    if let Some(last) = answer.acknowledged {
        say(format_args!("the city's last receipt holds for entries up to {last}"))?;
    }
    match answer.sums {
        None => Ok(()),
        Some(sums) => say(format_args!(
            "{} subsidised meals: {} fen from the city, {} fen from the district, {} fen taken off \
             later; {} meals pending; {} visits without subsidy",
            sums.meals,
            sums.city_fen,
            sums.district_fen,
            sums.reduced_fen,
            sums.pending,
            sums.visits + sums.unnamed
        )),
    }
}

/// Holds the city's last receipt against the ledger, whose roots are known to be those of the sealed
/// batches; gives the last entry that the city answers for. None where the box has no city, or the
/// city nothing yet.
fn receipt(reader: &Reader, config: &Config) -> Result<Option<u64>, Failure> {
    let Some((batch, receipt)) = reader.last_receipt()? else { return Ok(None) };
    let city = match identity::pinned(&config.state) {
        Ok(city) => city,
        Err(IdentityError::NotEnrolled(_)) => return Ok(None),
        Err(other) => return Err(other.into()),
    };
    let device = DeviceId::new(&reader.device()?).map_err(|e| Failure::new(Exit::Data, e))?;
    let sent = Sent {
        device: &device,
        seq: batch.seq,
        payload_sha256: batch.payload_sha256,
        tree_size: batch.last,
        root: batch.root,
    };
    let held = Receipt::open(&receipt, &city.keys.for_receipt(batch.last))
        .and_then(|receipt| receipt.fits(&sent));
    held.map_err(|e| {
        let text = format!(
            "the city's receipt for batch {} does not hold: {e}; keep this file as evidence and \
             call the city's technicians",
            batch.seq
        );
        Failure::new(Exit::Data, text)
    })?;
    Ok(Some(batch.last))
}
