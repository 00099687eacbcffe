//! Cards: which elder holds the one that the reader has just read.
//!
//! What a card says is not kept: the table has its HMAC under a key derived from the box key, so
//! that a copy of the file tells nobody's card number.

use super::Store;
use super::ledger::LedgerError;
use crate::domain::elder::ElderId;
use rusqlite::{Connection, OptionalExtension};

/// Most cards of one elder: a lost one may turn up again.
pub const CARDS_PER_ELDER_MAX: usize = 4;
/// Longest text of a card, in characters; readers type 8 to 20.
pub const CARD_CHARS_MAX: usize = 32;

/// What a reader types, as it is compared: letters and digits alone, in upper case. `None` for what
/// is no card.
fn card_text(typed: &str) -> Option<String> {
    let text = typed.trim();
    let good = (4..=CARD_CHARS_MAX).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric());
    good.then(|| text.to_ascii_uppercase())
}

impl Store {
    /// Gives elders the cards stated, in the place of those that they had; a card that another
    /// elder had changes hands. Texts that are no cards, and those of an elder beyond
    /// [`CARDS_PER_ELDER_MAX`], are left out.
    ///
    /// # Errors
    /// [`LedgerError::Sqlite`]; all cards are then as they were.
    pub fn set_cards(&mut self, stated: &[(ElderId, Vec<String>)]) -> Result<(), LedgerError> {
        let tx = self.conn.transaction()?;
        for (elder, texts) in stated {
            tx.prepare_cached("DELETE FROM card WHERE elder = ?1")?.execute([elder.as_str()])?;
            for text in texts.iter().filter_map(|text| card_text(text)).take(CARDS_PER_ELDER_MAX) {
                tx.prepare_cached("INSERT OR REPLACE INTO card VALUES (?1, ?2)")?
                    .execute((self.vault.card(&text), elder.as_str()))?;
            }
        }
        Ok(tx.commit()?)
    }

    /// Who holds the card that says `typed`.
    ///
    /// # Errors
    /// [`LedgerError::Sqlite`].
    pub fn card_holder(&self, typed: &str) -> Result<Option<ElderId>, LedgerError> {
        let Some(text) = card_text(typed) else { return Ok(None) };
        Ok(holder(&self.conn, &self.vault.card(&text))?)
    }
}

fn holder(conn: &Connection, mac: &[u8; 32]) -> rusqlite::Result<Option<ElderId>> {
    let id: Option<String> = conn
        .prepare_cached("SELECT elder FROM card WHERE mac = ?1")?
        .query_row([mac], |row| row.get(0))
        .optional()?;
    Ok(id.and_then(|id| ElderId::new(&id).ok()))
}
