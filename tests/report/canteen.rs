//! A canteen with a ledger in a scratch folder, and the reports of it.

use canteend::config::{self, Config, Site};
use canteend::domain::calendar::{Date, Interval, MealWindow, Timestamp, service_date};
use canteend::domain::decision::Doubt;
use canteend::domain::elder::{Consent, Elder, ElderId, IdLast4, Notice, NoticeWhy, Sex};
use canteend::domain::entry::correction::{
    ByHand, CardRead, Choice, Expiry, HandReason, Late, LateReason, Void, VoidReason,
};
use canteend::domain::entry::operation::Held;
use canteend::domain::entry::operation::{ClockChange, ClockWhy};
use canteend::domain::entry::{
    ClockTrust, EntryNumber, Event, Meal, Method, Review, Stamp, Visit as Unpaid,
};
use canteend::domain::money::Fen;
use canteend::domain::operator::OperatorId;
use canteend::domain::rules::RuleBook;
use canteend::domain::shown_order;
use canteend::domain::subsidy::{Award, NoAward, Standing};
use canteend::domain::template::ModelId;
use canteend::report::{Format, Kind, Period, Report, ReportError, Sources};
use canteend::store::{Enrolled, KEY_FILE, Reader, Store};
use jiff::SignedDuration;
use std::path::Path;

pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

pub fn day(text: &str) -> Date {
    text.parse().unwrap()
}

pub fn id(text: &str) -> ElderId {
    ElderId::new(text).unwrap()
}

/// The time `at` (`2026-03-02 11:42:07`) at UTC+8, by a clock that is believed.
pub fn at(text: &str) -> Stamp {
    stamp(text, ClockTrust::Trusted)
}

/// The time `at` (`2026-03-02 11:42:07`) at UTC+8.
pub fn stamp(at: &str, clock: ClockTrust) -> Stamp {
    let at: Timestamp = format!("{}+08:00", at.replace(' ', "T")).parse().unwrap();
    Stamp { at, clock }
}

/// An elder born on `birth`, eligible from `eligible` on.
pub fn elder(text: &str, name: &str, birth: &str, eligible: &str) -> Elder {
    Elder {
        id: id(text),
        name: name.to_owned(),
        sex: Sex::Female,
        birth: day(birth),
        id_last4: None,
        eligible: Interval::new(day(eligible), None).into_iter().collect(),
        home_care: Vec::new(),
        notices: Vec::new(),
        consent: Consent { store_face: true, transmit: true },
    }
}

pub fn with_id(mut elder: Elder, last4: &str) -> Elder {
    elder.id_last4 = IdLast4::new(last4);
    elder
}

pub fn noticed(mut elder: Elder, why: NoticeWhy, from: &str) -> Elder {
    elder.notices.push(Notice { why, from: day(from) });
    elder
}

fn operator(text: &str) -> OperatorId {
    OperatorId::new(text).unwrap()
}

pub struct Canteen {
    pub folder: tempfile::TempDir,
    store: Store,
    /// The last entry.
    last: EntryNumber,
    pub site: Site,
    pub rules: RuleBook,
    pub today: Date,
}

impl Canteen {
    /// A box set up on the evening of `began` with these elders; today is long after.
    pub fn new(began: &str, elders: &[Elder]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let example = root().join("config/canteend.toml");
        let site = Config::parse(config::EXAMPLE, &example).unwrap().site;
        let rules = config::rules::load(&root().join("config/rules/lcetdz-2022.toml")).unwrap();
        let evening = stamp(&format!("{began} 20:00:00"), ClockTrust::Trusted);
        let mut store = Store::init(&folder.path().join("state"), &site.device, evening).unwrap();
        let enrolled = |elder: &Elder| Enrolled { elder: elder.clone(), templates: Vec::new() };
        let roster: Vec<_> = elders.iter().map(enrolled).collect();
        let last = store.replace_gallery(evening, ModelId([7; 32]), &roster).unwrap().appended.n;
        Canteen { folder, store, last, site, rules, today: day("2027-06-01") }
    }

    pub fn state(&self) -> std::path::PathBuf {
        self.folder.path().join("state")
    }

    pub fn append(&mut self, stamp: Stamp, event: &Event) -> EntryNumber {
        self.last = self.store.append(stamp, event).unwrap().n;
        self.last
    }

    /// Begins an epoch before which the city held entries up to `last` of the first.
    pub fn begin_epoch(&mut self, stamp: Stamp, epoch: u64, last: EntryNumber) -> EntryNumber {
        let held = Held { epoch: 1, last, head: [7; 32] };
        self.store.begin_epoch(stamp, epoch, Some(held)).unwrap().unwrap();
        self.last += 1;
        self.last
    }

    /// A subsidised lunch; `band` is `70-79` (2 yuan) or `80+` (4 yuan).
    pub fn meal(&mut self, at: &str, elder: &str, band: &str) -> EntryNumber {
        let when = stamp(at, ClockTrust::Trusted);
        self.append(when, &Event::Meal(meal(when, elder, band)))
    }

    pub fn visit(&mut self, at: &str, elder: &str, reason: NoAward) -> EntryNumber {
        let when = stamp(at, ClockTrust::Trusted);
        let visit = Unpaid {
            elder: id(elder),
            date: service_date(when.at),
            window: MealWindow::Lunch,
            method: Method::Face,
            reason,
            basis: None,
        };
        self.append(when, &Event::Visit(visit))
    }

    /// The camera leaves two candidates to staff; after some seconds `operator` chooses the one at
    /// the place on the screen that `place` gives. The choice's number.
    pub fn review_and_choose(
        &mut self,
        when: &str,
        candidates: [&str; 2],
        seconds: i64,
        by: &str,
        place: impl Fn(&[&str]) -> usize,
    ) -> EntryNumber {
        let asked = at(when);
        let review = self.append(
            asked,
            &Event::Review(Review {
                date: service_date(asked.at),
                window: MealWindow::Lunch,
                reasons: vec![Doubt::ThinMargin],
                candidates: candidates.map(id).to_vec(),
            }),
        );
        let shown = shown_order::shown(review, candidates.to_vec());
        let elder = Some(id(shown[place(&shown)]));
        let chosen = Stamp { at: asked.at + SignedDuration::from_secs(seconds), ..asked };
        self.append(chosen, &Event::Choice(Choice { review, elder, operator: operator(by) }))
    }

    /// Staff recognise the elder of a meal or visit.
    pub fn by_hand(&mut self, when: Stamp, event: Event) -> EntryNumber {
        let (reason, operator) = (HandReason::NotRecognised, operator("op-1"));
        self.vouched(when, Event::ByHand(ByHand { reason, operator }), event)
    }

    /// A lunch by card, while `by` is signed in.
    pub fn card(&mut self, when: &str, by: &str, elder: &str) -> EntryNumber {
        let when = at(when);
        let read = Event::Card(CardRead { operator: operator(by) });
        let method = Method::Card;
        let meal = Meal { method, basis: Some(self.last + 1), ..meal(when, elder, "80+") };
        self.last = self.store.append_all(when, &[read, Event::Meal(meal)]).unwrap().n;
        self.last
    }

    /// A meal or visit of the earlier day `date` is entered.
    pub fn late(&mut self, when: Stamp, date: Date, event: Event) -> EntryNumber {
        let (reason, operator, second) = (LateReason::BoxOff, operator("op-1"), operator("op-2"));
        let event = match event {
            Event::Meal(meal) => Event::Meal(Meal { date, ..meal }),
            Event::Visit(visit) => Event::Visit(Unpaid { date, ..visit }),
            other => other,
        };
        self.vouched(when, Event::Late(Late { date, reason, operator, second }), event)
    }

    fn vouched(&mut self, when: Stamp, voucher: Event, event: Event) -> EntryNumber {
        let (method, basis) = (Method::Staff, Some(self.last + 1));
        let event = match event {
            Event::Meal(meal) => Event::Meal(Meal { method, basis, ..meal }),
            Event::Visit(visit) => Event::Visit(Unpaid { method, basis, ..visit }),
            other => other,
        };
        self.last = self.store.append_all(when, &[voucher, event]).unwrap().n;
        self.last
    }

    /// The clock is believed from here on, or no longer.
    pub fn clock(&mut self, at: Timestamp, trusted: bool) {
        let (why, clock) = match trusted {
            true => (ClockWhy::Agrees, ClockTrust::Trusted),
            false => (ClockWhy::Jump, ClockTrust::Untrusted),
        };
        let change = ClockChange { trusted, why, boot: [1; 16], offset_ms: 0 };
        self.append(Stamp { at, clock }, &Event::Clock(change));
    }

    /// Somebody whom neither camera nor staff recognise.
    pub fn unnamed(&mut self, when: Stamp) -> EntryNumber {
        let review = Review {
            date: service_date(when.at),
            window: MealWindow::Lunch,
            reasons: vec![Doubt::NoMatch],
            candidates: Vec::new(),
        };
        let review = self.append(when, &Event::Review(review));
        self.append(when, &Event::Expiry(Expiry { review }))
    }

    pub fn void(&mut self, when: Stamp, entry: EntryNumber) -> EntryNumber {
        let (reason, operator) = (VoidReason::Slip, operator("op-1"));
        self.append(when, &Event::Void(Void { entry, reason, operator }))
    }

    pub fn reader(&self) -> Reader {
        Reader::open(&self.state()).unwrap()
    }

    pub fn try_report(&self, kind: Kind, period: Period) -> Result<Report, ReportError> {
        let reader = self.reader();
        let elders = reader.elders(&self.state().join(KEY_FILE)).unwrap();
        let sources = Sources {
            site: &self.site,
            rules: &self.rules,
            elders: Some(&elders),
            today: self.today,
        };
        Report::make(kind, period, &reader, sources)
    }

    pub fn report(&self, kind: Kind, period: Period) -> Report {
        self.try_report(kind, period).unwrap()
    }
}

/// A firm lunch by face.
pub fn meal(when: Stamp, elder: &str, band: &str) -> Meal {
    let share = Fen::new(if band == "80+" { 200 } else { 100 });
    let date = service_date(when.at);
    Meal {
        elder: id(elder),
        date,
        window: MealWindow::Lunch,
        method: Method::Face,
        award: Award {
            rules: "lcetdz-2022".into(),
            band: band.into(),
            city: share,
            district: share,
        },
        standing: Standing::Firm,
        eligibility_as_of: date,
        basis: None,
    }
}

pub fn month(text: &str) -> Period {
    Period::month(text).unwrap()
}

/// The report as bytes in `format`.
pub fn bytes(report: &Report, format: Format) -> Vec<u8> {
    let mut bytes = Vec::new();
    report.write(format, &mut bytes).unwrap();
    bytes
}

/// The report as text in `format`.
pub fn text(report: &Report, format: Format) -> String {
    String::from_utf8(bytes(report, format)).unwrap()
}

/// What is shown in each row under the heading `heading`.
pub fn column(report: &Report, heading: &str) -> Vec<String> {
    let table = report.table();
    let at = table.columns().iter().position(|c| c.heading == heading).unwrap();
    table.rows().iter().map(|row| row[at].shown()).collect()
}
