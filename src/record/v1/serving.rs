//! Bodies of what happens at the counter: meal, visit, review; and of genesis and gallery.

use super::spelling::{fen, list, text};
use super::{CANDIDATES_MAX, basis, code, day, ensure, money, number};
use crate::domain::calendar::{Date, MealWindow};
use crate::domain::decision::Doubt;
use crate::domain::elder::ElderId;
use crate::domain::entry::{EntryNumber, GalleryChange, Meal, Method, Review, Visit};
use crate::domain::money::Fen;
use crate::domain::subsidy::{Award, NoAward, Standing};
use crate::record::codec::CodecError;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
pub(super) struct GenesisBody<'a> {
    pub(super) device: &'a str,
}

/// The award stands in two places of a meal's body, so that a meal is no simple list of fields.
#[derive(Serialize, Deserialize)]
pub(super) struct MealBody<'a> {
    #[serde(with = "text")]
    elder: ElderId,
    #[serde(with = "text")]
    date: Date,
    #[serde(with = "text")]
    window: MealWindow,
    #[serde(with = "text")]
    method: Method,
    band: &'a str,
    #[serde(with = "fen")]
    city_fen: Fen,
    #[serde(with = "fen")]
    district_fen: Fen,
    #[serde(with = "text")]
    standing: Standing,
    rules: &'a str,
    #[serde(with = "text")]
    eligibility_as_of: Date,
    basis: Option<EntryNumber>,
}

impl<'a> From<&'a Meal> for MealBody<'a> {
    fn from(meal: &'a Meal) -> Self {
        MealBody {
            elder: meal.elder.clone(),
            date: meal.date,
            window: meal.window,
            method: meal.method,
            band: &meal.award.band,
            city_fen: meal.award.city,
            district_fen: meal.award.district,
            standing: meal.standing,
            rules: &meal.award.rules,
            eligibility_as_of: meal.eligibility_as_of,
            basis: meal.basis,
        }
    }
}

impl From<MealBody<'_>> for Meal {
    fn from(body: MealBody<'_>) -> Self {
        Meal {
            elder: body.elder,
            date: body.date,
            window: body.window,
            method: body.method,
            award: Award {
                rules: body.rules.to_owned(),
                band: body.band.to_owned(),
                city: body.city_fen,
                district: body.district_fen,
            },
            standing: body.standing,
            eligibility_as_of: body.eligibility_as_of,
            basis: body.basis,
        }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Visit")]
pub(super) struct VisitBody {
    #[serde(with = "text")]
    elder: ElderId,
    #[serde(with = "text")]
    date: Date,
    #[serde(with = "text")]
    window: MealWindow,
    #[serde(with = "text")]
    method: Method,
    #[serde(with = "text")]
    reason: NoAward,
    basis: Option<EntryNumber>,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Review")]
pub(super) struct ReviewBody {
    #[serde(with = "text")]
    date: Date,
    #[serde(with = "text")]
    window: MealWindow,
    #[serde(with = "list")]
    reasons: Vec<Doubt>,
    #[serde(with = "list")]
    candidates: Vec<ElderId>,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "GalleryChange")]
pub(super) struct GalleryBody {
    generation: u64,
    elders: u32,
    templates: u32,
    #[serde(with = "text")]
    model: [u8; 32],
    #[serde(with = "text")]
    as_of: Date,
}

pub(super) fn check_meal(n: EntryNumber, meal: &Meal) -> Result<(), CodecError> {
    day("date", meal.date)?;
    day("eligibility_as_of", meal.eligibility_as_of)?;
    code("band", &meal.award.band)?;
    code("rules", &meal.award.rules)?;
    money(meal.award.city, meal.award.district)?;
    basis(n, meal.method, meal.basis)
}

pub(super) fn check_visit(n: EntryNumber, visit: &Visit) -> Result<(), CodecError> {
    day("date", visit.date)?;
    basis(n, visit.method, visit.basis)
}

pub(super) fn check_review(review: &Review) -> Result<(), CodecError> {
    day("date", review.date)?;
    ensure("reasons", !review.reasons.is_empty())?;
    ensure("reasons", review.reasons.is_sorted_by(|a, b| a < b))?;
    ensure("candidates", review.candidates.len() <= CANDIDATES_MAX)?;
    let twice = review.candidates.windows(2).any(|pair| pair[0] == pair[1]);
    ensure("candidates", !twice)
}

pub(super) fn check_gallery(change: &GalleryChange) -> Result<(), CodecError> {
    day("as_of", change.as_of)?;
    number("generation", change.generation)
}
