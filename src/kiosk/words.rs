//! Every text of the page: what elders read and hear, and what staff read.
//!
//! 1. A text is asked for by a value of the domain or by a field of [`Labels`], and each language
//!    implements all of [`Words`] in one file: a text that is missing does not compile.
//! 2. Neutral in every doubtful case: nobody is told in front of others that they are unknown,
//!    that they are not entitled, or that their face was doubted.
//! 3. A name is handed through as it is. Escaping is the business of whoever puts it on a page.
//!
//! What it deliberately does not do: choose what to say. It is told.

mod en;
mod labels;
mod zh;

pub use labels::Labels;

use crate::domain::calendar::{MealWindow, NextMeal};
use crate::domain::decision::Doubt;
use crate::domain::entry::correction::{HandReason, LateReason, VoidReason};
use crate::domain::entry::operation::Satisfaction;
use crate::domain::evidence::Flaw;
use crate::domain::money::Fen;
use crate::domain::subsidy::NoAward;
use crate::domain::visit::Prompt;

/// A language of the page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    /// Chinese in simplified characters.
    #[default]
    Zh,
    /// English.
    En,
}

impl Language {
    /// Both.
    pub const ALL: [Language; 2] = [Self::Zh, Self::En];

    /// The tag that HTML knows the language by (BCP 47).
    pub fn tag(self) -> &'static str {
        match self {
            Self::Zh => "zh-CN",
            Self::En => "en",
        }
    }

    /// The language of a tag.
    pub fn from_tag(tag: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|language| language.tag() == tag)
    }

    /// Its texts.
    pub fn words(self) -> &'static dyn Words {
        match self {
            Self::Zh => &zh::Zh,
            Self::En => &en::En,
        }
    }
}

/// What the elder's part of the page says: one thought in up to three lines.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Said {
    /// The greeting or instruction; never empty.
    pub title: String,
    /// What follows from it; may be empty.
    pub line: String,
    /// What was given, to be set largest; empty where nothing was.
    pub figure: String,
}

impl Said {
    fn title(title: &str) -> Self {
        Said { title: title.to_owned(), ..Said::default() }
    }

    fn lines(title: &str, line: &str) -> Self {
        Said { title: title.to_owned(), line: line.to_owned(), figure: String::new() }
    }

    /// All of it in one sentence after another, for a voice or a table.
    pub fn sentence(&self, pause: &str) -> String {
        let said = [&self.title, &self.line, &self.figure];
        said.into_iter().filter(|part| !part.is_empty()).cloned().collect::<Vec<_>>().join(pause)
    }
}

/// The texts of one language.
pub trait Words: Sync {
    /// What stands between two thoughts that are spoken one after the other.
    fn pause(&self) -> &'static str;

    /// The fixed texts of the page.
    fn labels(&self) -> &'static Labels;

    /// An instruction while somebody is at the counter, or the welcome where nobody is.
    fn prompt(&self, prompt: Prompt) -> Said;

    /// A served elder, addressed as `address`, with what was given.
    fn served(&self, address: &str, amount: Fen) -> Said;

    /// A meal without subsidy, with the reason in kind words.
    fn welcome(&self, address: &str, reason: NoAward) -> Said;

    /// Seen again on the same visit.
    fn again(&self, address: Option<&str>) -> Said;

    /// Whatever staff have to settle.
    fn ask_staff(&self) -> Said;

    /// No meal is served now.
    fn closed(&self, next: NextMeal) -> Said;

    /// The box cannot recognise anybody at present.
    fn out_of_order(&self) -> Said;

    /// How to mend a picture, in one short instruction.
    fn advice(&self, flaw: Flaw) -> &'static str;

    /// Why a meal has no subsidy, in kind words.
    fn no_award(&self, reason: NoAward) -> &'static str;

    /// What staff read about a doubtful person.
    fn doubt(&self, doubt: Doubt) -> &'static str;

    /// Name of a meal of the day.
    fn meal(&self, window: MealWindow) -> &'static str;

    /// Why staff serve by hand.
    fn hand_reason(&self, reason: HandReason) -> &'static str;

    /// Why a meal or visit is undone.
    fn void_reason(&self, reason: VoidReason) -> &'static str;

    /// Why a meal is entered late.
    fn late_reason(&self, reason: LateReason) -> &'static str;

    /// How satisfied a diner is.
    fn satisfaction(&self, satisfaction: Satisfaction) -> &'static str;
}

#[cfg(test)]
mod tests;
