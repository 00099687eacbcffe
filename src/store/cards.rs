//! Cards: which elder holds the one that the reader has just read.
//!
//! 1. What a card says is not kept: table `card` has a digest of it under a key derived from the box
//!    key, so that a copy of the file tells nobody's card number. A card that the city names is known
//!    to the box by the city's digest alone; the digest of that is kept.
//! 2. A card that two elders are said to hold is nobody's, until it is said whose it is.

use super::Store;
use super::gallery::GalleryError;
use super::ledger::LedgerError;
use super::vault::{Vault, VaultError};
use crate::domain::elder::ElderId;
use crate::record::card::{CardDigest, CardKey, card_text};
use rusqlite::{Connection, OptionalExtension as _, Transaction};

/// Most cards of one elder: a lost one may turn up again.
pub const CARDS_PER_ELDER_MAX: usize = 4;
/// Where the city's card key stands; it is sealed for there.
const KEY_PLACE: (&str, &str, &str) = ("city_card_key", "1", "sealed");

impl Store {
    /// Who holds the card that says `typed`.
    ///
    /// # Errors
    /// [`LedgerError::Sqlite`]; [`LedgerError::Vault`] where the city's card key does not open.
    pub fn card_holder(&self, typed: &str) -> Result<Option<ElderId>, LedgerError> {
        let Some(own) = own_mac(&self.vault, typed) else { return Ok(None) };
        let city = load_key(&self.conn, &self.vault, "city_card_key")?;
        let city =
            city.and_then(|key| key.digest(typed)).map(|digest| city_mac(&self.vault, &digest));
        let mut stmt = self
            .conn
            .prepare_cached("SELECT DISTINCT elder FROM card WHERE mac IN (?1, ?2) LIMIT 2")?;
        let found = stmt.query_map((own, city.unwrap_or(own)), |row| row.get::<_, String>(0))?;
        let found = found.collect::<Result<Vec<_>, _>>()?;
        let [id] = &found[..] else { return Ok(None) };
        Ok(ElderId::new(id).ok())
    }
}

fn own_mac(vault: &Vault, typed: &str) -> Option<CardDigest> {
    card_text(typed).map(|text| vault.digest(text.as_bytes()))
}

/// Set apart from what a card says by a byte that no card has.
fn city_mac(vault: &Vault, digest: &CardDigest) -> CardDigest {
    vault.digest(&[b"\n", digest.as_slice()].concat())
}

/// Gives elders the cards that a roster states.
pub(super) fn give(
    tx: &Transaction<'_>,
    vault: &Vault,
    stated: &[(ElderId, Vec<String>)],
) -> Result<(), LedgerError> {
    let city = load_key(tx, vault, "city_card_key")?;
    for (elder, texts) in stated {
        tx.prepare_cached("DELETE FROM card WHERE elder = ?1")?.execute([elder.as_str()])?;
        let cards = texts.iter().filter_map(|text| Some((text, own_mac(vault, text)?)));
        for (text, mac) in cards.take(CARDS_PER_ELDER_MAX) {
            let city = city.as_ref().and_then(|key| key.digest(text));
            let city = city.map_or(mac, |digest| city_mac(vault, &digest));
            tx.prepare_cached("DELETE FROM card WHERE mac IN (?1, ?2)")?.execute((mac, city))?;
            tx.prepare_cached("INSERT INTO card VALUES (?1, ?2)")?
                .execute((mac, elder.as_str()))?;
        }
    }
    Ok(())
}

/// The cards of whoever is gone for good go too.
pub(super) fn drop_strangers(tx: &Transaction<'_>) -> rusqlite::Result<()> {
    tx.execute("DELETE FROM card WHERE elder NOT IN (SELECT id FROM elder)", [])?;
    Ok(())
}

/// Keeps the key of a page. All pages of a gallery go by one, and so do changes of the gallery in
/// force, unless it is read from nothing.
pub(super) fn stage_key(
    tx: &Transaction<'_>,
    vault: &Vault,
    key: &CardKey,
    whole: bool,
) -> Result<(), GalleryError> {
    let stands = match load_key(tx, vault, "staged_card_key")? {
        None if !whole => load_key(tx, vault, "city_card_key")?,
        staged => staged,
    };
    if stands.is_some_and(|stands| stands != *key) {
        return Err(GalleryError::CardKey);
    }
    let sealed = vault.seal_own(KEY_PLACE, key.bytes())?;
    tx.execute("INSERT OR REPLACE INTO staged_card_key VALUES (1, ?1)", [sealed])?;
    Ok(())
}

/// Gathers the cards of an elder on a page.
pub(super) fn stage(
    tx: &Transaction<'_>,
    vault: &Vault,
    elder: &ElderId,
    digests: &[CardDigest],
) -> rusqlite::Result<()> {
    tx.prepare_cached("INSERT INTO staged_holder VALUES (?1)")?.execute([elder.as_str()])?;
    for digest in digests.iter().take(CARDS_PER_ELDER_MAX) {
        tx.prepare_cached("INSERT OR IGNORE INTO staged_card VALUES (?1, ?2)")?
            .execute((city_mac(vault, digest), elder.as_str()))?;
    }
    Ok(())
}

/// Puts the gathered cards in force. Whoever has died or moved holds none any more; a consent that
/// is withdrawn takes the face alone.
pub(super) fn put_in_force(tx: &Transaction<'_>) -> rusqlite::Result<()> {
    for sql in [
        "INSERT OR REPLACE INTO city_card_key SELECT * FROM staged_card_key",
        "DELETE FROM card WHERE elder IN (SELECT elder FROM staged_holder)",
        "INSERT INTO card SELECT mac, elder FROM staged_card",
        "DELETE FROM card WHERE elder IN
         (SELECT elder FROM staged_leaver WHERE why <> 'withdrawn')",
    ] {
        tx.execute(sql, [])?;
    }
    drop_strangers(tx)
}

fn load_key(
    conn: &Connection,
    vault: &Vault,
    table: &'static str,
) -> Result<Option<CardKey>, LedgerError> {
    let sealed: Option<Vec<u8>> = conn
        .prepare_cached(&format!("SELECT sealed FROM {table}"))?
        .query_row([], |row| row.get(0))
        .optional()?;
    let Some(sealed) = sealed else { return Ok(None) };
    let bytes = vault.open_own(KEY_PLACE, &sealed)?;
    let bytes = bytes.try_into().map_err(|_| VaultError::Sealed { table, row: "1".to_owned() })?;
    Ok(Some(CardKey::new(bytes)))
}
