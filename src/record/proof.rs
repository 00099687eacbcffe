//! A file that shows one entry, and nobody else's, to whoever knows the ledger's root or the day's
//! code.
//!
//! 1. The only body in it is that of the entry itself. Everything else are hashes, whose salted
//!    bodies cannot be tried out.
//! 2. It is checked with nothing but itself; what it is worth depends on where the root or the code
//!    is known from: a receipt of the city, the sheet on the canteen's wall.

use super::codec::{self, CodecError};
use super::day::DayCode;
use super::hash::Hash;
use super::merkle::{self, PROOF_HASHES_MAX};
use super::v1::{hex, unhex};
use crate::domain::calendar::Date;
use crate::domain::entry::Entry;
use crate::error::{Exit, Sysexit};
use serde::{Deserialize, Serialize};

/// Largest proof file, in bytes; the largest possible proof is smaller.
pub const PROOF_BYTES_MAX: usize = 32 << 10;
/// What the file says it is.
const FORMAT: &str = "canteend proof v1";

/// Why a file proves nothing.
#[derive(Debug, thiserror::Error)]
pub enum ProofError {
    /// Larger than [`PROOF_BYTES_MAX`], not JSON, or with unknown or missing fields.
    #[error("this is no proof of canteend: {0}")]
    Syntax(String),
    /// The entry inside cannot be read.
    #[error("the proof's entry: {0}")]
    Body(#[from] CodecError),
    /// A path does not lead to its root.
    #[error("the proof does not hold: the entry is not part of the {0} that it names")]
    Path(&'static str),
    /// The code is not the day's.
    #[error("the proof does not hold: its code is not that of the day that it shows")]
    Code,
}

impl Sysexit for ProofError {
    fn exit(&self) -> Exit {
        Exit::Data
    }
}

/// A leaf in a tree: how it is reached from the root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Branch {
    /// Number of leaves.
    pub size: u64,
    /// The leaf's place, from 0.
    pub index: u64,
    /// The tree's root.
    pub root: Hash,
    /// RFC 6962 audit path, lowest sibling first.
    pub path: Vec<Hash>,
}

impl Branch {
    /// The branch to leaf `index` of the tree over `leaves`; `None` where there is no such leaf.
    pub fn to(leaves: &[Hash], index: usize) -> Option<Self> {
        let path = merkle::inclusion_proof(leaves, index)?;
        let root = merkle::Tree::of(leaves).root();
        Some(Branch { size: leaves.len() as u64, index: index as u64, root, path })
    }

    fn holds(&self, leaf: Hash) -> bool {
        merkle::verify_inclusion(leaf, self.index, self.size, &self.path, self.root)
    }
}

/// A proof of one entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// Whose ledger.
    pub device: String,
    /// The entry's stored bytes.
    pub body: Vec<u8>,
    /// Hash of the entry before.
    pub prev: Hash,
    /// The entry in the whole ledger, as it was when the proof was made.
    pub ledger: Branch,
    /// The day that the entry belongs to.
    pub date: Date,
    /// The entry among those of the day.
    pub day: Branch,
}

/// What a proof that holds says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proved {
    /// The entry.
    pub entry: Entry,
    /// The code of its day, to be compared with the sheet on the wall.
    pub code: DayCode,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    format: String,
    device: String,
    body: String,
    prev: String,
    ledger: BranchFile,
    date: String,
    day: BranchFile,
    day_code: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct BranchFile {
    size: u64,
    index: u64,
    root: String,
    path: Vec<String>,
}

impl From<&Branch> for BranchFile {
    fn from(branch: &Branch) -> Self {
        BranchFile {
            size: branch.size,
            index: branch.index,
            root: hex(&branch.root.0),
            path: branch.path.iter().map(|hash| hex(&hash.0)).collect(),
        }
    }
}

impl BranchFile {
    fn read(self) -> Option<Branch> {
        let hash = |text: &String| unhex(text).map(Hash);
        if self.path.len() > PROOF_HASHES_MAX {
            return None;
        }
        let path = self.path.iter().map(hash).collect::<Option<_>>()?;
        Some(Branch { size: self.size, index: self.index, root: hash(&self.root)?, path })
    }
}

impl Proof {
    /// The code of the day that it shows.
    pub fn code(&self) -> DayCode {
        DayCode::new(&self.device, self.date, self.day.size, &self.day.root)
    }

    /// The file's text: one JSON object.
    pub fn write(&self) -> String {
        let file = File {
            format: FORMAT.to_owned(),
            device: self.device.clone(),
            body: String::from_utf8(self.body.clone()).expect("bodies are ASCII"),
            prev: hex(&self.prev.0),
            ledger: (&self.ledger).into(),
            date: self.date.to_string(),
            day: (&self.day).into(),
            day_code: self.code().to_string(),
        };
        serde_json::to_string_pretty(&file).expect("strings and numbers always become JSON") + "\n"
    }

    /// Reads a file and checks all that can be checked with nothing but itself.
    ///
    /// # Errors
    /// [`ProofError`] says what does not hold.
    pub fn check(text: &[u8]) -> Result<(Proof, Proved), ProofError> {
        let syntax = |what: &str| ProofError::Syntax(what.to_owned());
        if text.len() > PROOF_BYTES_MAX {
            return Err(syntax("it is too large"));
        }
        let file: File =
            serde_json::from_slice(text).map_err(|e| ProofError::Syntax(e.to_string()))?;
        if file.format != FORMAT {
            return Err(syntax("its format is another one"));
        }
        let proof = Proof {
            device: file.device,
            body: file.body.into_bytes(),
            prev: Hash(unhex(&file.prev).ok_or_else(|| syntax("prev is no hash"))?),
            ledger: file.ledger.read().ok_or_else(|| syntax("ledger is no branch"))?,
            date: file.date.parse().map_err(|_| syntax("date is no date"))?,
            day: file.day.read().ok_or_else(|| syntax("day is no branch"))?,
        };
        let (entry, _) = codec::decode(&proof.body)?;
        let leaf = merkle::leaf(&proof.prev.link(&proof.body).0);
        if Some(entry.n) != proof.ledger.index.checked_add(1) || !proof.ledger.holds(leaf) {
            return Err(ProofError::Path("ledger"));
        }
        if !proof.day.holds(leaf) {
            return Err(ProofError::Path("day"));
        }
        let code = proof.code();
        if file.day_code != code.to_string() {
            return Err(ProofError::Code);
        }
        Ok((proof, Proved { entry, code }))
    }
}
