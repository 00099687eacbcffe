//! Elder ⇄ the JSON that is sealed in table `elder`.

use crate::domain::calendar::{Date, Interval};
use crate::domain::elder::{
    Consent, Elder, ElderId, IdLast4, NAME_CHARS_MAX, Notice, NoticeWhy, Sex,
};
use serde::{Deserialize, Serialize};

/// Most intervals of one sort.
const INTERVALS_MAX: usize = 64;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Identity {
    v: u8,
    name: String,
    sex: SexCode,
    birth: String,
    /// Absent in rows of programs that did not know it yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    id_last4: Option<String>,
    eligible: Vec<Span>,
    home_care: Vec<Span>,
    notices: Vec<NoticeRow>,
    store_face: bool,
    transmit: bool,
}

#[derive(Serialize, Deserialize)]
enum SexCode {
    F,
    M,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Span {
    from: String,
    to: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct NoticeRow {
    why: NoticeCode,
    from: String,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum NoticeCode {
    Deceased,
    Moved,
}

/// Whether `elder` is within the bounds that [`decode`] holds to.
pub(super) fn fits(elder: &Elder) -> bool {
    (1..=NAME_CHARS_MAX).contains(&elder.name.chars().count())
        && elder.eligible.len() <= INTERVALS_MAX
        && elder.home_care.len() <= INTERVALS_MAX
        && elder.notices.len() <= INTERVALS_MAX
}

/// The JSON of everything but the id.
pub(super) fn encode(elder: &Elder) -> Vec<u8> {
    let spans = |intervals: &[Interval]| {
        let span = |i: &Interval| Span {
            from: i.from().to_string(),
            to: i.to().map(|date| date.to_string()),
        };
        intervals.iter().map(span).collect()
    };
    let identity = Identity {
        v: 1,
        name: elder.name.clone(),
        sex: match elder.sex {
            Sex::Female => SexCode::F,
            Sex::Male => SexCode::M,
        },
        birth: elder.birth.to_string(),
        id_last4: elder.id_last4.map(|four| four.as_str().to_owned()),
        eligible: spans(&elder.eligible),
        home_care: spans(&elder.home_care),
        notices: elder.notices.iter().map(notice_row).collect(),
        store_face: elder.consent.store_face,
        transmit: elder.consent.transmit,
    };
    serde_json::to_vec(&identity).expect("plain strings and lists always become JSON")
}

fn notice_row(notice: &Notice) -> NoticeRow {
    let why = match notice.why {
        NoticeWhy::Deceased => NoticeCode::Deceased,
        NoticeWhy::Moved => NoticeCode::Moved,
    };
    NoticeRow { why, from: notice.from.to_string() }
}

/// The elder in `json`, or `None` where it is not one that [`encode`] wrote.
pub(super) fn decode(id: ElderId, json: &[u8]) -> Option<Elder> {
    let identity: Identity = serde_json::from_slice(json).ok()?;
    let date = |text: &str| text.parse::<Date>().ok();
    let intervals = |spans: &[Span]| -> Option<Vec<Interval>> {
        let interval = |span: &Span| {
            let to = match &span.to {
                Some(to) => Some(date(to)?),
                None => None,
            };
            Interval::new(date(&span.from)?, to)
        };
        spans.iter().map(interval).collect()
    };
    let notice = |row: &NoticeRow| {
        let why = match row.why {
            NoticeCode::Deceased => NoticeWhy::Deceased,
            NoticeCode::Moved => NoticeWhy::Moved,
        };
        Some(Notice { why, from: date(&row.from)? })
    };
    let elder = Elder {
        id,
        sex: match identity.sex {
            SexCode::F => Sex::Female,
            SexCode::M => Sex::Male,
        },
        birth: date(&identity.birth)?,
        id_last4: match identity.id_last4 {
            Some(text) => Some(IdLast4::new(&text)?),
            None => None,
        },
        eligible: intervals(&identity.eligible)?,
        home_care: intervals(&identity.home_care)?,
        notices: identity.notices.iter().map(notice).collect::<Option<_>>()?,
        consent: Consent { store_face: identity.store_face, transmit: identity.transmit },
        name: identity.name,
    };
    (identity.v == 1 && fits(&elder)).then_some(elder)
}
