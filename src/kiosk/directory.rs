//! Everybody on the roster, to be found by staff: by name, pinyin initials, or the last four
//! digits of the identity number.
//!
//! 1. A search looks at every elder once and answers with at most [`HITS_MAX`]; how many more there
//!    are is said. Its work does not depend on what is asked for.
//! 2. An elder is named by a token that is drawn anew for each roster in memory, so that what a
//!    page has seen means nothing elsewhere.
//! 3. A character with several readings is found by each of them.
//!
//! It holds plain names: it lives in memory only and has no `Debug`.

use super::state::{Found, Person};
use crate::domain::calendar::{AgeRule, Date, LeapDay, age};
use crate::domain::elder::{Elder, ElderId};
use pinyin::{ToPinyin, ToPinyinMulti};
use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};

/// Most elders that one search answers with.
pub const HITS_MAX: usize = 20;
/// Longest search, in characters; longer ones find nobody.
pub const QUERY_CHARS_MAX: usize = 64;

/// Letters of the alphabet as bits: bit 0 is `a`.
type Letters = u32;

struct Known {
    elder: Elder,
    token: String,
    /// Name without spaces, Latin letters in lower case.
    folded: String,
    /// For each letter or Chinese character of the name, what it may begin with.
    initials: Vec<Letters>,
}

/// The roster, searchable.
#[derive(Default)]
pub struct Directory {
    known: Vec<Known>,
    by_id: HashMap<ElderId, usize>,
    by_token: HashMap<String, usize>,
}

/// How well an elder fits a search; lower is better.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    Whole,
    Beginning,
    Inside,
}

/// What is searched for.
enum Query {
    /// The end of an identity number, or the end of that.
    Digits(String),
    /// Letters: initials, or part of a name in Latin letters.
    Letters(String, Vec<Letters>),
    /// Part of a name.
    Text(String),
}

impl Directory {
    /// The directory of `elders`.
    pub fn new(elders: impl IntoIterator<Item = Elder>) -> Self {
        let secret = RandomState::new();
        let mut directory = Directory::default();
        for elder in elders {
            let place = directory.known.len();
            // Two elders whose keyed hashes meet would share a token: take the next one.
            let token = (0u32..)
                .map(|turn| format!("{:016x}", secret.hash_one((&elder.id.as_str(), turn))))
                .find(|token| !directory.by_token.contains_key(token))
                .expect("there are more hashes than elders");
            directory.by_id.insert(elder.id.clone(), place);
            directory.by_token.insert(token.clone(), place);
            let (folded, initials) = (fold(&elder.name), initials(&elder.name));
            directory.known.push(Known { elder, token, folded, initials });
        }
        directory
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.known.len()
    }

    /// Whether there is nobody.
    pub fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    /// The elder behind a token.
    pub fn by_token(&self, token: &str) -> Option<&Elder> {
        self.by_token.get(token).map(|place| &self.known[*place].elder)
    }

    /// The elder with an id.
    pub fn by_id(&self, id: &ElderId) -> Option<&Elder> {
        self.by_id.get(id).map(|place| &self.known[*place].elder)
    }

    /// An elder as staff see them on `today`.
    pub fn person(&self, id: &ElderId, today: Date) -> Option<Person> {
        self.by_id.get(id).map(|place| person(&self.known[*place], today))
    }

    /// Who fits `text`, best first: the whole before the beginning before the middle.
    pub fn find(&self, text: &str, today: Date) -> Found {
        let Some(query) = Query::new(text) else { return Found::default() };
        let mut fits: Vec<(Fit, usize)> = self
            .known
            .iter()
            .enumerate()
            .filter_map(|(place, known)| Some((query.fit(known)?, place)))
            .collect();
        let name = |place: usize| (&self.known[place].folded, self.known[place].elder.birth);
        fits.sort_unstable_by(|a, b| (a.0, name(a.1), a.1).cmp(&(b.0, name(b.1), b.1)));
        let more = fits.len().saturating_sub(HITS_MAX);
        fits.truncate(HITS_MAX);
        let hits = fits.into_iter().map(|(_, place)| person(&self.known[place], today)).collect();
        Found { hits, more }
    }
}

fn person(known: &Known, today: Date) -> Person {
    let elder = &known.elder;
    Person {
        token: known.token.clone(),
        name: elder.name.clone(),
        age: age(elder.birth, today, AgeRule::Birthday, LeapDay::Feb28),
        last4: elder.id_last4.map(|four| four.as_str().to_owned()),
    }
}

impl Query {
    /// `None` for nothing, and for more than any name has.
    fn new(text: &str) -> Option<Self> {
        if text.chars().count() > QUERY_CHARS_MAX {
            return None;
        }
        let text = fold(text);
        let bytes = text.as_bytes();
        let (last, rest) = bytes.split_last()?;
        let number = rest.iter().all(u8::is_ascii_digit)
            && (last.is_ascii_digit() || (*last == b'x' && !rest.is_empty()));
        Some(if number {
            Self::Digits(text.to_ascii_uppercase())
        } else if bytes.iter().all(u8::is_ascii_lowercase) {
            let letters = bytes.iter().map(|b| letter(char::from(*b))).collect();
            Self::Letters(text, letters)
        } else {
            Self::Text(text)
        })
    }

    fn fit(&self, known: &Known) -> Option<Fit> {
        match self {
            Self::Digits(digits) => {
                let four = known.elder.id_last4.as_ref()?.as_str();
                four.ends_with(digits).then_some(match four.len() == digits.len() {
                    true => Fit::Whole,
                    false => Fit::Inside,
                })
            }
            Self::Text(text) => part_of(&known.folded, text),
            Self::Letters(text, letters) => {
                let by_name = part_of(&known.folded, text);
                let by_initials = known
                    .initials
                    .windows(letters.len())
                    .position(|part| part.iter().zip(letters).all(|(may, asked)| may & asked != 0))
                    .map(|at| match (at, known.initials.len() == letters.len()) {
                        (_, true) => Fit::Whole,
                        (0, false) => Fit::Beginning,
                        _ => Fit::Inside,
                    });
                by_name.into_iter().chain(by_initials).min()
            }
        }
    }
}

fn part_of(name: &str, text: &str) -> Option<Fit> {
    match name.find(text)? {
        0 if name.len() == text.len() => Some(Fit::Whole),
        0 => Some(Fit::Beginning),
        _ => Some(Fit::Inside),
    }
}

/// Without spaces, in lower case.
fn fold(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase).collect()
}

/// The bit of a Latin letter; none for anything else.
fn letter(c: char) -> Letters {
    match c.to_ascii_lowercase() {
        c @ 'a'..='z' => 1 << (c as u32 - 'a' as u32),
        _ => 0,
    }
}

/// What each letter or Chinese character of `name` may begin with; dots and the like are left out.
fn initials(name: &str) -> Vec<Letters> {
    name.chars().map(readings).filter(|letters| *letters != 0).collect()
}

fn readings(c: char) -> Letters {
    let first = |pinyin: pinyin::Pinyin| pinyin.plain().chars().next().map_or(0, plain_letter);
    let several =
        || c.to_pinyin_multi().map(|all| all.into_iter().map(first).fold(0, |a, b| a | b));
    several().or_else(|| c.to_pinyin().map(first)).unwrap_or_else(|| letter(c))
}

/// The table writes a few syllables with accents even in their plain form (`ê`, `ḿ`, `ǹ`).
fn plain_letter(c: char) -> Letters {
    match c {
        'ê' | 'ế' | 'ề' => letter('e'),
        'ḿ' => letter('m'),
        'ń' | 'ň' | 'ǹ' => letter('n'),
        _ => letter(c),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::elder::{Consent, IdLast4, Sex};

    const TODAY: Date = Date::constant(2026, 3, 2);

    fn elder(n: usize, name: &str) -> Elder {
        Elder {
            id: ElderId::new(&format!("p_{n}")).unwrap(),
            name: name.to_owned(),
            sex: Sex::Female,
            birth: Date::constant(1943, 5, 2),
            id_last4: IdLast4::new(&format!("{:04}", n % 10_000)),
            eligible: vec![],
            home_care: vec![],
            notices: vec![],
            consent: Consent { store_face: true, transmit: true },
        }
    }

    fn directory(names: &[&str]) -> Directory {
        Directory::new(names.iter().enumerate().map(|(n, name)| elder(n, name)))
    }

    #[test]
    fn an_elder_is_found_by_name_by_initials_and_by_the_last_four() {
        let names = ["王秀英", "王英", "单雄信", "买买提·艾力", "Anna Wang", "曾国藩", "李王秀"];
        let directory = directory(&names);
        let cases: &[(&str, &[&str])] = &[
            ("王秀英", &["王秀英"]),
            ("王", &["王秀英", "王英", "李王秀"]),
            (" 王 英 ", &["王英"]),
            ("wxy", &["王秀英"]),
            ("WY", &["王英"]),
            // A surname read shàn and a word read dān or chán: all three find it.
            ("sxx", &["单雄信"]),
            ("dx", &["单雄信"]),
            ("cxx", &["单雄信"]),
            ("zgf", &["曾国藩"]),
            ("mmta", &["买买提·艾力"]),
            ("艾力", &["买买提·艾力"]),
            ("anna", &["Anna Wang"]),
            ("0002", &["单雄信"]),
            ("x", &["单雄信", "王秀英", "李王秀"]),
            ("3x", &[]),
            ("", &[]),
            ("   ", &[]),
            ("😀", &[]),
            ("wxyz", &[]),
        ];
        for (query, expected) in cases {
            let found = directory.find(query, TODAY);
            let mut hits: Vec<_> = found.hits.iter().map(|p| p.name.as_str()).collect();
            let mut expected = expected.to_vec();
            hits.sort_unstable();
            expected.sort_unstable();
            assert_eq!(hits, expected, "{query:?}");
            assert_eq!(found.more, 0, "{query:?}");
        }
    }

    #[test]
    fn the_whole_name_comes_before_its_beginning_and_that_before_its_middle() {
        let directory = directory(&["李王", "王李", "王", "李王李"]);
        let found = directory.find("王", TODAY);
        let names: Vec<_> = found.hits.iter().map(|p| p.name.as_str()).collect();
        assert_eq!(names, ["王", "王李", "李王", "李王李"]);
    }

    #[test]
    fn a_search_that_fits_thousands_answers_with_twenty_and_says_how_many_more() {
        let directory = Directory::new((0..5000).map(|n| elder(n, "王秀英")));
        let found = directory.find("w", TODAY);
        assert_eq!((found.hits.len(), found.more), (HITS_MAX, 5000 - HITS_MAX));
    }

    #[test]
    fn a_token_leads_to_its_elder_alone_and_is_no_id() {
        let directory = directory(&["王秀英", "李"]);
        let hit = directory.find("李", TODAY).hits.remove(0);
        assert_eq!(directory.by_token(&hit.token).unwrap().name, "李");
        assert_eq!(hit.age, 82);
        assert!(directory.by_token("p_1").is_none() && !hit.token.contains("p_1"));
        let again = Directory::new([elder(1, "李")]).find("李", TODAY).hits.remove(0);
        assert_ne!(again.token, hit.token, "a token means nothing to another run");
    }

    #[test]
    fn a_search_of_any_length_is_answered() {
        let directory = directory(&["王秀英"]);
        assert_eq!(directory.find(&"王".repeat(10_000), TODAY), Found::default());
        assert_eq!(directory.find("\u{202e}\u{0}<b>", TODAY), Found::default());
    }
}
