//! What the fixtures of format version 1 mean, in their order.

use canteend::domain::calendar::{Date, MealWindow};
use canteend::domain::decision::Doubt;
use canteend::domain::elder::ElderId;
use canteend::domain::entry::correction::{
    Adjustment, ByHand, CardRead, Choice, Close, Confirmation, Expiry, Finding, HandReason, Kept,
    Late, LateReason, RejectReason, Verdict, Void, VoidReason,
};
use canteend::domain::entry::operation::{
    BootId, ClockChange, ClockWhy, ConfigChange, EpochChange, Export, ExportWhat, Held, KeyChange,
    KeyPurpose, Satisfaction, Sign, SignChange,
};
use canteend::domain::entry::{
    ClockTrust, EntryNumber, Event, GalleryChange, Meal, Method, Review, Visit,
};
use canteend::domain::money::Fen;
use canteend::domain::month::Month;
use canteend::domain::operator::OperatorId;
use canteend::domain::subsidy::{Award, NoAward, Standing};

pub const DAY: &str = "2026-03-02";
const BOOT: BootId = [
    0x0f, 0x1e, 0x2d, 0x3c, 0x4b, 0x5a, 0x69, 0x78, 0x87, 0x96, 0xa5, 0xb4, 0xc3, 0xd2, 0xe1, 0xf0,
];

pub fn elder(id: &str) -> ElderId {
    ElderId::new(id).expect("a valid id")
}

pub fn operator(id: &str) -> OperatorId {
    OperatorId::new(id).expect("a valid id")
}

pub fn day(text: &str) -> Date {
    text.parse().expect("a valid date")
}

pub fn meal(id: &str, method: Method, basis: Option<EntryNumber>) -> Meal {
    Meal {
        elder: elder(id),
        date: day(DAY),
        window: MealWindow::Lunch,
        method,
        award: Award {
            rules: "lcetdz-2022".into(),
            band: "80+".into(),
            city: Fen::new(200),
            district: Fen::new(200),
        },
        standing: Standing::Firm,
        eligibility_as_of: day("2026-03-01"),
        basis,
    }
}

pub fn review(reasons: Vec<Doubt>, candidates: &[&str]) -> Review {
    let candidates = candidates.iter().map(|id| elder(id)).collect();
    Review { date: day(DAY), window: MealWindow::Lunch, reasons, candidates }
}

/// A visit by card, of whom nobody vouches.
fn by_card() -> Visit {
    Visit {
        elder: elder("p_7f3a"),
        date: day(DAY),
        window: MealWindow::Supper,
        method: Method::Card,
        reason: NoAward::AlreadyToday,
        basis: None,
    }
}

/// The entries that happen at the counter: 6 to 17.
fn counter() -> Vec<Event> {
    let by_hand = Visit {
        elder: elder("p_1a2b"),
        window: MealWindow::Lunch,
        method: Method::Staff,
        reason: NoAward::UnderAge,
        basis: Some(13),
        ..by_card()
    };
    let mut chosen = meal("p_0c11", Method::Staff, Some(9));
    chosen.standing = Standing::Pending;
    let mut late = meal("p_0c11", Method::Staff, Some(15));
    late.date = day("2026-02-28");
    let (city, district) = (Fen::new(100), Fen::new(100));
    late.award = Award { band: "70-79".into(), city, district, ..late.award };
    vec![
        Event::Meal(meal("p_7f3a", Method::Face, None)),
        Event::Visit(by_card()),
        Event::Review(review(vec![Doubt::ThinMargin, Doubt::LookAlike], &["p_7f3a", "p_0c11"])),
        Event::Choice(Choice {
            review: 8,
            elder: Some(elder("p_0c11")),
            operator: operator("op-1"),
        }),
        Event::Meal(chosen),
        Event::Review(review(vec![Doubt::NoMatch], &[])),
        Event::Expiry(Expiry { review: 11 }),
        Event::ByHand(ByHand { reason: HandReason::NoCamera, operator: operator("op-1") }),
        Event::Visit(by_hand),
        Event::Late(Late {
            date: day("2026-02-28"),
            reason: LateReason::BoxOff,
            operator: operator("op-1"),
            second: operator("op-2"),
        }),
        Event::Meal(late),
        Event::Void(Void { entry: 7, reason: VoidReason::NotEaten, operator: operator("op-1") }),
    ]
}

/// The entries that say later what becomes of meals: 18 to 25.
fn later() -> Vec<Event> {
    let kept = Some(Kept { device: "lc-dcf-003".into(), entry: 5521 });
    let rejected = Finding::Rejected { reason: RejectReason::OtherCanteen, kept };
    let clock =
        |trusted, why, offset_ms| Event::Clock(ClockChange { trusted, why, boot: BOOT, offset_ms });
    let (city, district) = (Fen::new(200), Fen::new(200));
    let confirmed = Confirmation { entry: 10, date: day(DAY), city, district, reason: None };
    let turned_down = Confirmation {
        entry: 23,
        city: Fen::ZERO,
        district: Fen::ZERO,
        reason: Some(NoAward::AlreadyToday),
        ..confirmed
    };
    vec![
        Event::Verdict(Verdict { entry: 6, finding: rejected, supersedes: None }),
        Event::Verdict(Verdict { entry: 6, finding: Finding::Accepted, supersedes: Some(18) }),
        Event::Adjustment(Adjustment {
            entry: 6,
            city: Fen::new(100),
            district: Fen::new(100),
            reason: Some(NoAward::HomeCare),
            month: Month::parse("2026-03").expect("a month"),
            supersedes: None,
        }),
        Event::Confirmation(confirmed),
        clock(false, ClockWhy::Jump, -86_400_000),
        Event::Meal(meal("p_7f3a", Method::Face, None)),
        clock(true, ClockWhy::Agrees, 250),
        Event::Confirmation(turned_down),
    ]
}

/// All entries, each with the trust that its clock has.
pub fn all() -> Vec<(ClockTrust, Event)> {
    let gallery = GalleryChange {
        generation: 1,
        elders: 1000,
        templates: 1200,
        model: [0xab; 32],
        as_of: day("2026-03-01"),
    };
    let sign = |change| Event::Sign(Sign { operator: operator("op-1"), change });
    let mut events = vec![
        Event::Genesis { device: "lc-kfq-017".into() },
        Event::Key(KeyChange { purpose: KeyPurpose::Device, now: [0xcd; 32], before: None }),
        Event::Config(ConfigChange { config: [0xef; 32], rules: [0x12; 32] }),
        Event::Gallery(gallery),
        sign(SignChange::In),
    ];
    events.extend(counter());
    events.extend(later());
    events.push(Event::Satisfaction(Satisfaction::Satisfied));
    let what = ExportWhat::Proof;
    events.push(Event::Export(Export { what, first: 6, last: 6, digest: [0x34; 32] }));
    events.push(sign(SignChange::Idle));
    let month = Month::parse("2026-02").expect("a month");
    events.push(Event::Close(Close { month, operator: operator("op-1") }));
    let held = Some(Held { epoch: 1, last: 41, head: [0x56; 32] });
    events.push(Event::Epoch(EpochChange { epoch: 2, held, common: 28 }));
    events.push(Event::Card(CardRead { operator: operator("op-1") }));
    events.push(Event::Visit(Visit { basis: Some(31), ..by_card() }));
    let trust = |n| if n == 22 || n == 23 { ClockTrust::Untrusted } else { ClockTrust::Trusted };
    (1..).zip(events).map(|(n, event)| (trust(n), event)).collect()
}
