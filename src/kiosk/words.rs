//! Every text of the page: what elders read and hear, and what staff read.
//!
//! 1. A text is asked for by a method of [`Say`] or by a field of [`Labels`], and each language
//!    implements all of both in one file: a text that is missing does not compile.
//! 2. Neutral in every doubtful case: nobody is told in front of others that they are unknown or
//!    that their face was doubted. Why there is no subsidy is said where it is no secret (used today,
//!    not of the age); anything else is for staff to say.
//! 3. A name is handed through as it is. Escaping is the business of whoever puts it on a page.
//!
//! What it deliberately does not do: choose what to say. It is told.

mod en;
mod labels;
mod zh;

pub use labels::Labels;

use super::say::{Lines, Say};
use super::state::Language;

/// The sentences of a language.
pub fn of(language: Language) -> &'static dyn Say {
    match language {
        Language::Zh => &zh::Zh,
        Language::En => &en::En,
    }
}

/// The fixed texts of the page in a language.
pub fn labels(language: Language) -> &'static Labels {
    match language {
        Language::Zh => &zh::LABELS,
        Language::En => &en::LABELS,
    }
}

/// Lines that are spoken as they are read, with `pause` between them.
fn lines(title: String, detail: Option<String>, pause: &str) -> Lines {
    let speech = match &detail {
        Some(detail) => format!("{title}{pause}{detail}"),
        None => title.clone(),
    };
    Lines { title, detail, speech: Some(speech) }
}

#[cfg(test)]
mod tests;
