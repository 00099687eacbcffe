//! Any event that the format holds, for the properties.

use crate::events::{elder, operator};
use canteend::domain::calendar::{Date, MealWindow};
use canteend::domain::decision::Doubt;
use canteend::domain::elder::ElderId;
use canteend::domain::entry::correction::{
    Adjustment, ByHand, CardRead, Choice, Close, Confirmation, Expiry, Finding, HandReason, Kept,
    RejectReason, Verdict, Void, VoidReason,
};
use canteend::domain::entry::operation::{
    ClockChange, ClockWhy, ConfigChange, EpochChange, Export, ExportWhat, Held, KeyChange,
    KeyPurpose, Satisfaction, Sign, SignChange,
};
use canteend::domain::entry::{Event, GalleryChange, Meal, Method, Review, Visit};
use canteend::domain::money::Fen;
use canteend::domain::month::Month;
use canteend::domain::operator::OperatorId;
use canteend::domain::subsidy::{Award, NoAward, Standing};
use proptest::option;
use proptest::prelude::*;

/// The number of the entry that any event is of.
pub const N: u64 = 1000;

prop_compose! {
    fn any_day()(year in 1900i16..=9999, day in 1i16..=365) -> Date {
        let first = Date::constant(year, 1, 1);
        first.with().day_of_year(day).build().expect("a day of every year")
    }
}

fn any_elder() -> impl Strategy<Value = ElderId> {
    "[A-Za-z_][A-Za-z0-9_-]{0,63}".prop_map(|id| elder(&id))
}

fn any_operator() -> impl Strategy<Value = OperatorId> {
    "[A-Za-z_][A-Za-z0-9_-]{0,31}".prop_map(|id| operator(&id))
}

pub fn any_of<T: Clone + std::fmt::Debug + 'static>(
    all: &[T],
) -> impl Strategy<Value = T> + use<T> {
    prop::sample::select(all.to_vec())
}

fn code() -> impl Strategy<Value = String> {
    "[A-Za-z0-9._+-]{1,64}"
}

fn amounts() -> impl Strategy<Value = (Fen, Fen)> {
    let half = || (0..=u32::MAX / 2).prop_map(Fen::new);
    (half(), half())
}

/// Staff vouch in the entry directly before.
fn basis(method: Method) -> Option<u64> {
    (method != Method::Face).then_some(N - 1)
}

fn serving() -> impl Strategy<Value = Event> {
    let (window, method) = (|| any_of(MealWindow::ALL), || any_of(Method::ALL));
    let award = (code(), code(), amounts()).prop_map(|(rules, band, (city, district))| Award {
        rules,
        band,
        city,
        district,
    });
    let standing = any_of(Standing::ALL);
    let meal = (any_elder(), any_day(), window(), method(), award, standing, any_day()).prop_map(
        |(elder, date, window, method, award, standing, eligibility_as_of)| {
            let basis = basis(method);
            let meal =
                Meal { elder, date, window, method, award, standing, eligibility_as_of, basis };
            Event::Meal(meal)
        },
    );
    let visit = (any_elder(), any_day(), window(), method(), any_of(NoAward::ALL)).prop_map(
        |(elder, date, window, method, reason)| {
            let basis = basis(method);
            Event::Visit(Visit { elder, date, window, method, reason, basis })
        },
    );
    let reasons = prop::sample::subsequence(Doubt::ALL.to_vec(), 1..=Doubt::ALL.len());
    let candidates = prop::collection::btree_set(any_elder(), 0..=2);
    let review = (any_day(), window(), reasons, candidates).prop_map(
        |(date, window, reasons, candidates)| {
            let candidates = candidates.into_iter().collect();
            Event::Review(Review { date, window, reasons, candidates })
        },
    );
    let choice = (1..N, option::of(any_elder()), any_operator())
        .prop_map(|(review, elder, operator)| Event::Choice(Choice { review, elder, operator }));
    let by_hand = (any_of(HandReason::ALL), any_operator())
        .prop_map(|(reason, operator)| Event::ByHand(ByHand { reason, operator }));
    prop_oneof![
        meal,
        visit,
        review,
        choice,
        by_hand,
        any_operator().prop_map(|operator| Event::Card(CardRead { operator })),
        (1..N).prop_map(|review| Event::Expiry(Expiry { review }))
    ]
}

fn later() -> impl Strategy<Value = Event> {
    let void = (1..N, any_of(VoidReason::ALL), any_operator())
        .prop_map(|(entry, reason, operator)| Event::Void(Void { entry, reason, operator }));
    let confirmation = (1..N, any_day(), amounts(), option::of(any_of(NoAward::ALL))).prop_map(
        |(entry, date, amounts, reason)| {
            let (city, district) = if reason.is_some() { Default::default() } else { amounts };
            Event::Confirmation(Confirmation { entry, date, city, district, reason })
        },
    );
    let kept = (code(), 1..N).prop_map(|(device, entry)| Kept { device, entry });
    let rejected = (any_of(RejectReason::ALL), option::of(kept))
        .prop_map(|(reason, kept)| Finding::Rejected { reason, kept });
    let finding = prop_oneof![Just(Finding::Accepted), rejected];
    let verdict = (1..N, finding, option::of(1..N)).prop_map(|(entry, finding, supersedes)| {
        Event::Verdict(Verdict { entry, finding, supersedes })
    });
    let adjustment = (1..N, amounts(), any_of(NoAward::ALL), any_day(), option::of(1..N)).prop_map(
        |(entry, (city, district), reason, day, supersedes)| {
            let reason = (city.get() + district.get() > 0).then_some(reason);
            let month = Month::of(day);
            Event::Adjustment(Adjustment { entry, city, district, reason, month, supersedes })
        },
    );
    let close = (any_day(), any_operator())
        .prop_map(|(day, operator)| Event::Close(Close { month: Month::of(day), operator }));
    prop_oneof![void, confirmation, verdict, adjustment, close]
}

fn operation() -> impl Strategy<Value = Event> {
    let sign = (any_operator(), any_of(SignChange::ALL))
        .prop_map(|(operator, change)| Event::Sign(Sign { operator, change }));
    let clock = (any_of(ClockWhy::ALL), any::<[u8; 16]>(), -(1i64 << 53) + 1..1 << 53).prop_map(
        |(why, boot, offset_ms)| {
            let trusted = matches!(why, ClockWhy::Agrees | ClockWhy::Confirmed);
            Event::Clock(ClockChange { trusted, why, boot, offset_ms })
        },
    );
    let key = (any_of(KeyPurpose::ALL), any::<[u8; 32]>(), option::of(any::<[u8; 32]>()))
        .prop_filter("a key follows another one", |(_, now, before)| *before != Some(*now))
        .prop_map(|(purpose, now, before)| Event::Key(KeyChange { purpose, now, before }));
    let config = (any::<[u8; 32]>(), any::<[u8; 32]>())
        .prop_map(|(config, rules)| Event::Config(ConfigChange { config, rules }));
    let export = (any_of(ExportWhat::ALL), 1..N, 1..N, any::<[u8; 32]>()).prop_map(
        |(what, a, b, digest)| {
            Event::Export(Export { what, first: a.min(b), last: a.max(b), digest })
        },
    );
    let held = (1u64..9, 1..N, any::<[u8; 32]>()).prop_map(|(epoch, last, head)| Held {
        epoch,
        last,
        head,
    });
    let epoch = (9u64..1 << 53, option::of(held), 0..N).prop_map(|(epoch, held, common)| {
        let common = common.min(held.map_or(0, |held| held.last));
        Event::Epoch(EpochChange { epoch, held, common })
    });
    let gallery = (1u64..1 << 53, any::<u32>(), any::<u32>(), any::<[u8; 32]>(), any_day())
        .prop_map(|(generation, elders, templates, model, as_of)| {
            Event::Gallery(GalleryChange { generation, elders, templates, model, as_of })
        });
    prop_oneof![
        code().prop_map(|device| Event::Genesis { device }),
        sign,
        clock,
        key,
        config,
        epoch,
        any_of(Satisfaction::ALL).prop_map(Event::Satisfaction),
        export,
        gallery,
    ]
}

/// Any event but a late entry, whose date depends on that of its entry.
pub fn any_event() -> impl Strategy<Value = Event> {
    prop_oneof![serving(), later(), operation()]
}
