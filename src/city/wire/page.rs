//! A page of gallery changes: elders that were added or changed, and tombstones.

use super::dsse::{self, EnvelopeError};
use super::json::{self, JsonError};
use super::suite::{PublicKey, SigningKey};
use super::text;
use crate::record::card::CardKey;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Most bytes of a page's envelope.
pub const PAGE_BYTES_MAX: usize = 16 << 20;
/// Most elders, and most tombstones, of a page.
pub const PAGE_ROWS_MAX: usize = 100;
/// Most photographs or templates of an elder.
pub const PHOTOS_MAX: usize = 3;
/// Most bytes of one photograph's base64.
pub const PHOTO_BYTES_MAX: usize = 2 << 20;
/// Most cards of an elder.
pub const CARDS_MAX: usize = 4;
/// Most intervals of one sort.
pub const SPANS_MAX: usize = 64;
/// Longest cursor, in bytes.
pub const CURSOR_BYTES_MAX: usize = 64;
/// Greatest number of a gallery: every integer up to it is exact in any JSON reader.
pub const GENERATION_MAX: u64 = (1 << 53) - 1;
/// Type of a page's payload.
pub const PAGE_TYPE: &str = "application/vnd.canteend.gallery-page.v1+json";

/// Why bytes are not a page.
#[derive(Debug, thiserror::Error)]
pub enum PageError {
    /// The envelope does not open.
    #[error(transparent)]
    Envelope(#[from] EnvelopeError),
    /// The payload is not one.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// It answers another question than the one that was asked, or was given before.
    #[error("the gallery page does not answer what was asked now")]
    Other,
    /// Cards, and nothing to read them by.
    #[error("the gallery page holds cards and no card key")]
    CardKey,
    /// More than a bound allows.
    #[error("the gallery page holds more {0} than are allowed")]
    Bound(&'static str),
}

/// Changes of the gallery after a cursor. `Debug` does not show the card key.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page {
    /// The number that it was asked for with ([`super::nonce`]).
    pub nonce: String,
    /// The cursor that was asked for; empty for the first page from nothing.
    pub after: String,
    /// Number of the gallery that the pages lead to.
    pub generation: u64,
    /// Where the next page starts.
    pub next: String,
    /// Whether this is the last page.
    #[serde(rename = "final")]
    pub is_final: bool,
    /// Base64 of the key under which cards are digests ([`CardKey`]).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub card_key: Option<String>,
    /// Elders as they are now.
    pub upsert: Vec<ElderRow>,
    /// Elders to be taken out.
    pub tombstone: Vec<Tombstone>,
}

/// An elder as the city knows them. `Debug` shows the id alone.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ElderRow {
    /// Pseudonymous id.
    pub elder: String,
    /// Full name.
    pub name: String,
    /// Last four characters of the identity number, for staff to tell namesakes apart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id_last4: Option<String>,
    /// Date of birth.
    pub birth: String,
    /// `F` or `M`.
    pub sex: String,
    /// Days of entitlement.
    pub eligible: Vec<Span>,
    /// Days of government-purchased home care.
    pub home_care: Vec<Span>,
    /// Reference of the consent to keep a face; without it there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consent: Option<String>,
    /// Photographs, base64 of JPEG or PNG; made into templates on the box, then dropped.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub photos: Vec<String>,
    /// Templates of a named model, in the place of photographs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub templates: Vec<TemplateRow>,
    /// Base64 of their cards' digests; none where nothing is said of cards.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cards: Option<Vec<String>>,
}

impl fmt::Debug for ElderRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ElderRow({})", self.elder)
    }
}

/// Days from `from` to `to`, both included; null is open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// First day.
    pub from: String,
    /// Last day.
    pub to: Option<String>,
}

/// A template. `Debug` shows its model alone.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TemplateRow {
    /// `sha256:` of the model's file.
    pub model: String,
    /// Base64 of little-endian 32-bit floats.
    pub vector: String,
}

impl fmt::Debug for TemplateRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TemplateRow({})", self.model)
    }
}

/// An elder to be taken out, or whose face is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tombstone {
    /// Pseudonymous id.
    pub elder: String,
    /// Why.
    pub why: TombstoneWhy,
    /// First day on which it holds.
    pub from: String,
}

/// Why an elder is taken out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TombstoneWhy {
    /// Consent to keep the face was withdrawn; card and staff go on.
    Withdrawn,
    /// The elder has died.
    Deceased,
    /// The elder has moved away.
    Moved,
}

impl fmt::Debug for Page {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Page { after, generation, next, upsert, tombstone, .. } = self;
        write!(f, "Page({generation}, {after:?} to {next:?}, {upsert:?}, {tombstone:?})")
    }
}

impl Page {
    /// Its envelope, signed by the city.
    pub fn seal(&self, city: &SigningKey) -> Vec<u8> {
        let payload = serde_json::to_vec(self).expect("plain fields always become JSON");
        dsse::seal(city, PAGE_TYPE, &payload)
    }

    /// The page after cursor `after`, asked for with `nonce`, in an envelope that the city signed,
    /// within all bounds.
    ///
    /// # Errors
    /// [`PageError`].
    pub fn open(
        envelope: &[u8],
        city: &PublicKey,
        after: &str,
        nonce: &str,
    ) -> Result<Self, PageError> {
        let payload = dsse::open(envelope, PAGE_BYTES_MAX, PAGE_TYPE, &[city])?;
        let page: Page = json::read(&payload, PAGE_BYTES_MAX)?;
        if let Some(what) = page.beyond_a_bound() {
            return Err(PageError::Bound(what));
        }
        if page.after != after || page.nonce != nonce {
            return Err(PageError::Other);
        }
        let cards = page.upsert.iter().any(|row| row.cards.as_ref().is_some_and(|c| !c.is_empty()));
        if cards && page.card_key().is_none() {
            return Err(PageError::CardKey);
        }
        Ok(page)
    }

    /// The key under which the page's cards are digests.
    pub fn card_key(&self) -> Option<CardKey> {
        let bytes = text::from_base64(self.card_key.as_ref()?)?;
        bytes.try_into().ok().map(CardKey::new)
    }

    fn beyond_a_bound(&self) -> Option<&'static str> {
        let rows = &self.upsert;
        let bounds = [
            ("generations", self.generation > GENERATION_MAX),
            ("elders", rows.len() > PAGE_ROWS_MAX),
            ("tombstones", self.tombstone.len() > PAGE_ROWS_MAX),
            ("characters of a cursor", self.next.len() > CURSOR_BYTES_MAX),
            ("photographs", rows.iter().any(|r| r.photos.len() + r.templates.len() > PHOTOS_MAX)),
            (
                "bytes of a photograph",
                rows.iter().flat_map(|r| &r.photos).any(|p| p.len() > PHOTO_BYTES_MAX),
            ),
            ("cards", rows.iter().flat_map(|r| &r.cards).any(|c| c.len() > CARDS_MAX)),
            ("intervals", rows.iter().any(|r| r.eligible.len().max(r.home_care.len()) > SPANS_MAX)),
        ];
        bounds.into_iter().find(|(_, beyond)| *beyond).map(|(what, _)| what)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> SigningKey {
        SigningKey::from_seed(&[1; 32]).unwrap()
    }

    fn row() -> ElderRow {
        ElderRow {
            elder: "p_1".into(),
            name: "王秀英".into(),
            id_last4: Some("0021".into()),
            birth: "1943-05-02".into(),
            sex: "F".into(),
            eligible: vec![Span { from: "2024-01-01".into(), to: None }],
            home_care: vec![],
            consent: Some("c_1".into()),
            photos: vec!["AAAA".into()],
            templates: vec![],
            cards: Some(vec!["AAAA".into()]),
        }
    }

    fn page(rows: usize) -> Page {
        Page {
            nonce: "a1".into(),
            after: "c.0".into(),
            card_key: Some(text::to_base64(&[7; 32])),
            generation: 78,
            next: "c.100".into(),
            is_final: true,
            upsert: vec![row(); rows],
            tombstone: vec![Tombstone {
                elder: "p_2".into(),
                why: TombstoneWhy::Withdrawn,
                from: "2026-02-27".into(),
            }],
        }
    }

    fn open(envelope: &[u8]) -> Result<Page, PageError> {
        Page::open(envelope, key().public(), "c.0", "a1")
    }

    #[test]
    fn a_page_reads_as_it_was_written_and_may_gain_fields() {
        let sealed = page(2).seal(&key());
        assert_eq!(open(&sealed).unwrap(), page(2));
        assert_eq!(page(2).card_key(), Some(CardKey::new([7; 32])));
        let text = serde_json::to_string(&page(1)).unwrap();
        assert!(text.contains("\"final\":true") && text.contains("\"why\":\"withdrawn\""));
        let more = text.replacen('{', "{\"weather\":\"mild\",", 1);
        let sealed = dsse::seal(&key(), PAGE_TYPE, more.as_bytes());
        assert_eq!(open(&sealed).unwrap(), page(1));
    }

    #[test]
    fn a_page_answers_one_question_and_carries_what_its_cards_need() {
        let sealed = page(1).seal(&key());
        for (after, nonce) in [("", "a1"), ("c.1", "a1"), ("c.100", "a1"), ("c.0", "a2")] {
            let told = Page::open(&sealed, key().public(), after, nonce).unwrap_err();
            assert!(matches!(told, PageError::Other), "{told}");
        }
        for card_key in [None, Some("AAAA".to_owned())] {
            let told = open(&Page { card_key, ..page(1) }.seal(&key())).unwrap_err();
            assert!(matches!(told, PageError::CardKey), "{told}");
        }
    }

    #[test]
    fn an_absurd_page_is_refused() {
        let mut many_photos = page(1);
        many_photos.upsert[0].photos = vec!["AAAA".into(); PHOTOS_MAX + 1];
        let mut many_spans = page(1);
        many_spans.upsert[0].home_care = vec![row().eligible[0].clone(); SPANS_MAX + 1];
        let mut long_cursor = page(1);
        long_cursor.next = "x".repeat(CURSOR_BYTES_MAX + 1);
        let mut late = page(1);
        late.generation = GENERATION_MAX + 1;
        let mut many_cards = page(1);
        many_cards.upsert[0].cards = Some(vec!["AAAA".into(); CARDS_MAX + 1]);
        let many_rows = page(PAGE_ROWS_MAX + 1);
        for absurd in [many_rows, many_photos, many_spans, many_cards, long_cursor, late] {
            let told = open(&absurd.seal(&key())).unwrap_err();
            assert!(matches!(told, PageError::Bound(_)), "{told}");
        }
    }

    #[test]
    fn a_debugged_elder_shows_no_name() {
        let shown = format!("{:?}", page(1));
        assert!(shown.contains("p_1") && !shown.contains('王') && !shown.contains("AAAA"));
    }
}
