//! Rows of the city's gallery as elders of the box: checked field by field, cleaned for display.
//!
//! 1. A row holds or it does not; what is wrong is said without repeating what stands in it.
//! 2. A template counts only if the model in use made it. Another one's leaves the elder without a
//!    face, to staff and card.
//! 3. Without a consent there is no face, whatever else the row carries.
//!
//! Photographs are passed on as bytes: what is in them is vision's to say.

use super::wire::page::{ElderRow, Span, TemplateRow, Tombstone};
use super::wire::text;
use crate::domain::calendar::{Date, Interval};
use crate::domain::elder::{Consent, Elder, ElderId, ElderIdError, IdLast4, NAME_CHARS_MAX, Sex};
use crate::domain::template::{ModelId, Template};
use crate::record::card::CardDigest;

/// The embedding model in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Embedding {
    /// Its tag.
    pub model: ModelId,
    /// Values of its templates.
    pub dimensions: usize,
}

/// Why a row is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RowError {
    /// The id.
    #[error("{0}")]
    Id(ElderIdError),
    /// The name is empty or too long, once what cannot be shown is taken out.
    #[error("the name is empty, or has more than {NAME_CHARS_MAX} characters")]
    Name,
    /// The sex.
    #[error("the sex is neither F nor M")]
    Sex,
    /// The end of the identity number.
    #[error("id_last4 is not the last four characters of an identity number")]
    IdLast4,
    /// A card.
    #[error("cards must be digests of 32 bytes")]
    Cards,
    /// A date or a period.
    #[error("{0} is not a date, or a period that ends before it begins")]
    Date(&'static str),
}

/// What can be known of an elder's face.
#[derive(Clone, Debug, PartialEq)]
pub enum Face {
    /// No consent, or nothing to make a template of.
    None,
    /// The bytes of photographs, JPEG or PNG.
    Photos(Vec<Vec<u8>>),
    /// Templates of the model in use.
    Templates(Vec<Template>),
    /// Only what another model made, or what is no template.
    Foreign,
}

/// An elder as the city knows them now. `Debug` of an elder shows the id alone.
#[derive(Clone, Debug, PartialEq)]
pub struct Arrival {
    /// Who.
    pub elder: Elder,
    /// Their face.
    pub face: Face,
    /// Digests of their cards; none where nothing is said of cards.
    pub cards: Option<Vec<CardDigest>>,
}

/// Reads a row.
///
/// # Errors
/// [`RowError`].
pub fn arrival(row: ElderRow, embedding: Embedding) -> Result<Arrival, RowError> {
    let consent = Consent { store_face: row.consent.is_some(), transmit: true };
    let elder = Elder {
        id: ElderId::new(&row.elder).map_err(RowError::Id)?,
        name: text::displayable(&row.name, NAME_CHARS_MAX).ok_or(RowError::Name)?,
        sex: match row.sex.as_str() {
            "F" => Sex::Female,
            "M" => Sex::Male,
            _ => return Err(RowError::Sex),
        },
        birth: date("birth", &row.birth)?,
        id_last4: match &row.id_last4 {
            Some(text) => Some(IdLast4::new(text).ok_or(RowError::IdLast4)?),
            None => None,
        },
        eligible: intervals("eligible", &row.eligible)?,
        home_care: intervals("home_care", &row.home_care)?,
        notices: Vec::new(),
        consent,
    };
    let cards = row.cards.map(|cards| cards.iter().map(|text| card(text)).collect()).transpose()?;
    let face = match consent.store_face {
        true => face(row.photos, &row.templates, embedding),
        false => Face::None,
    };
    Ok(Arrival { elder, face, cards })
}

/// The digest of a card.
fn card(text: &str) -> Result<CardDigest, RowError> {
    text::from_base64(text).and_then(|bytes| bytes.try_into().ok()).ok_or(RowError::Cards)
}

/// The templates of the model in use, else the photographs.
fn face(photos: Vec<String>, templates: &[TemplateRow], embedding: Embedding) -> Face {
    let own: Vec<_> = templates.iter().filter_map(|row| template(row, embedding)).collect();
    if !own.is_empty() {
        return Face::Templates(own);
    }
    let named = photos.len() + templates.len();
    let read: Vec<_> = photos.into_iter().filter_map(|p| text::from_base64(&p)).collect();
    match (read.is_empty(), named) {
        (false, _) => Face::Photos(read),
        (true, 0) => Face::None,
        (true, _) => Face::Foreign,
    }
}

/// The template in a row; `None` for another model's, or one of another size.
fn template(row: &TemplateRow, embedding: Embedding) -> Option<Template> {
    let model = ModelId(text::hash_from_text(&row.model)?.0);
    let bytes = text::from_base64(&row.vector)?;
    let (values, rest) = bytes.as_chunks::<4>();
    let fits = model == embedding.model && values.len() == embedding.dimensions && rest.is_empty();
    let values: Vec<f32> = values.iter().map(|b| f32::from_le_bytes(*b)).collect();
    fits.then(|| Template::new(model, &values).ok())?
}

/// Reads a tombstone: who, and from which day on.
///
/// # Errors
/// [`RowError`].
pub fn leaver(row: &Tombstone) -> Result<(ElderId, Date), RowError> {
    Ok((ElderId::new(&row.elder).map_err(RowError::Id)?, date("from", &row.from)?))
}

fn date(field: &'static str, text: &str) -> Result<Date, RowError> {
    let canonical = |date: &Date| date.to_string() == text;
    text.parse().ok().filter(canonical).ok_or(RowError::Date(field))
}

fn intervals(field: &'static str, spans: &[Span]) -> Result<Vec<Interval>, RowError> {
    let interval = |span: &Span| {
        let to = span.to.as_deref().map(|to| date(field, to)).transpose()?;
        Interval::new(date(field, &span.from)?, to).ok_or(RowError::Date(field))
    };
    spans.iter().map(interval).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const EMBEDDING: Embedding = Embedding { model: ModelId([7; 32]), dimensions: 2 };

    fn row() -> ElderRow {
        ElderRow {
            elder: "p_1".into(),
            name: "王秀英".into(),
            id_last4: Some("002x".into()),
            birth: "1943-05-02".into(),
            sex: "F".into(),
            eligible: vec![Span { from: "2024-01-01".into(), to: None }],
            home_care: vec![Span { from: "2025-07-01".into(), to: Some("2025-12-31".into()) }],
            consent: Some("c_1".into()),
            photos: vec!["AAAA".into()],
            templates: vec![],
            cards: Some(vec![text::to_base64(&[5; 32])]),
        }
    }

    fn template_row(model: u8, values: &[f32]) -> TemplateRow {
        let bytes: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        let model = text::hash_to_text(&crate::record::Hash([model; 32]));
        TemplateRow { model, vector: text::to_base64(&bytes) }
    }

    #[test]
    fn a_row_becomes_an_elder_whose_name_can_be_shown() {
        let mut written = row();
        written.name = " 买买提\u{202E}·\u{0}艾力\u{200B}\n ".into();
        let read = arrival(written, EMBEDDING).unwrap();
        assert_eq!(read.elder.name, "买买提·艾力");
        assert_eq!(read.elder.id_last4.unwrap().as_str(), "002X");
        assert_eq!((read.elder.eligible.len(), read.elder.home_care.len()), (1, 1));
        assert_eq!(read.face, Face::Photos(vec![vec![0, 0, 0]]));
        assert_eq!(read.cards, Some(vec![[5; 32]]));
    }

    #[test]
    fn a_bad_field_is_named_and_never_repeated() {
        type Change = fn(&mut ElderRow);
        let cases: [(Change, &str); 10] = [
            (|r| r.cards = Some(vec!["0012345678".into()]), "cards"),
            (|r| r.elder = "11010519491231002X".into(), "identity number"),
            (|r| r.elder = "王".into(), "may hold only"),
            (|r| r.name = "\u{200B}\u{202E}".into(), "name is empty"),
            (|r| r.name = "长".repeat(65), "more than 64"),
            (|r| r.sex = "女".into(), "sex"),
            (|r| r.birth = "1943-5-2".into(), "birth"),
            (|r| r.id_last4 = Some("11010519491231002X".into()), "id_last4"),
            (|r| r.eligible[0].from = "2024".into(), "eligible"),
            (|r| r.home_care[0].to = Some("2025-01-01".into()), "home_care"),
        ];
        for (change, told) in cases {
            let mut bad = row();
            change(&mut bad);
            let said = arrival(bad, EMBEDDING).unwrap_err().to_string();
            assert!(said.contains(told) && !said.contains("19491231"), "{told}: {said}");
        }
    }

    #[test]
    fn a_face_needs_consent_and_the_model_in_use() {
        let face = |change: fn(&mut ElderRow)| {
            let mut row = row();
            row.photos.clear();
            change(&mut row);
            arrival(row, EMBEDDING).unwrap().face
        };
        assert_eq!(face(|_| {}), Face::None);
        let own = face(|r| {
            r.templates = vec![template_row(8, &[1.0, 0.0]), template_row(7, &[3.0, 4.0])];
        });
        let Face::Templates(own) = own else { panic!("{own:?}") };
        assert_eq!(own[0].values(), [0.6, 0.8]);
        for foreign in [
            template_row(8, &[1.0, 0.0]),
            template_row(7, &[1.0]),
            template_row(7, &[0.0, 0.0]),
            template_row(7, &[f32::NAN, 1.0]),
            TemplateRow { model: "sha256:".into(), ..template_row(7, &[1.0, 0.0]) },
            TemplateRow { vector: "!".into(), ..template_row(7, &[1.0, 0.0]) },
        ] {
            let mut row = row();
            row.photos.clear();
            row.templates = vec![foreign.clone()];
            assert_eq!(arrival(row, EMBEDDING).unwrap().face, Face::Foreign, "{foreign:?}");
        }
        let withheld = face(|r| {
            r.consent = None;
            r.photos = vec!["AAAA".into()];
        });
        assert_eq!(withheld, Face::None);
    }

    #[test]
    fn a_tombstone_has_an_id_and_a_day() {
        use crate::city::wire::page::TombstoneWhy;
        let row = |elder: &str, from: &str| {
            leaver(&Tombstone { elder: elder.into(), why: TombstoneWhy::Moved, from: from.into() })
        };
        assert_eq!(row("p_1", "2026-02-27").unwrap().0.as_str(), "p_1");
        assert!(row("", "2026-02-27").is_err() && row("p_1", "soon").is_err());
    }
}
