//! 月度助餐补贴结算表: what each month is paid, in lines that add up.
//!
//! 合计 is what the subsidised meals are worth, and 核定金额 what is to be paid of it: 合计 less what
//! was taken back (核减). What waits for confirmation (待核) is in neither, and the remark names it.
//!
//! A month has one line of its own, and where there is something to say three more:
//!
//! 1. 以前月份: what was learnt of months whose settlement was handed in before (confirmed, entered
//!    late, rejected, adjusted, taken back), see [`super::closing`];
//! 2. 上月结转: what the months before took back more than they paid;
//! 3. 结转下月: the same, left over by this month, so that its lines add up to nothing and no less.

use super::book::{Book, Dish, Serving, State};
use super::closing::{Correction, signed};
use super::columns::SETTLEMENT;
use super::period::{Period, day};
use super::table::{Cell, Table, signed_yuan, yuan};
use super::{Body, Figure, Sources, area};
use crate::domain::entry::Method;
use crate::domain::month::Month as MonthOf;
use std::collections::BTreeSet;

/// Place of 核定金额 among the columns.
const APPROVED: usize = 16;

/// Sums of one line.
#[derive(Default)]
struct Month {
    diners: u64,
    subsidised: u64,
    aged_70_79: u64,
    aged_80_up: u64,
    other_bands: u64,
    city: u64,
    district: u64,
    reduced: (u64, u64),
    /// Of a line about earlier months: meals that are paid more than they were, and how much more.
    gained: (u64, u64),
    /// Not among the subsidised.
    pending: (u64, u64),
    /// Reviews that expired, among the diners.
    unnamed: u64,
    by_face: u64,
    by_card: u64,
    by_staff: u64,
    late: u64,
    voided: u64,
}

pub(super) fn make(book: &Book, sources: Sources<'_>) -> Body {
    let mut table = Table::new(SETTLEMENT);
    let begun = book.period.months().take_while(|m| m.from() <= sources.today);
    for part in begun {
        let mut month = Month::default();
        book.servings
            .iter()
            .filter(|s| part.contains(s.date))
            .for_each(|s| month.add(s, &book.bands));
        month.unnamed = book.unnamed.iter().filter(|u| part.contains(u.date)).count() as u64;
        month.diners += month.unnamed;
        let said = month.remark(part, sources);
        push(&mut table, month.cells(part.chinese(), said, sources));
        push_earlier(&mut table, book, part, sources);
        if part.is_month() {
            push_carried(&mut table, book, part, sources);
        }
    }
    let total = |field| table.total(field).unwrap_or_default();
    let diners = total("diners").unsigned_abs();
    let named = book.standing().map(|s| s.date);
    let days: BTreeSet<_> = named.chain(book.unnamed.iter().map(|u| u.date)).collect();
    let per_day = diners.checked_div(days.len() as u64).unwrap_or(0);
    let count = |label, field| Figure { label, value: total(field).to_string(), unit: "人次" };
    let money = |label, field| Figure { label, value: signed_yuan(total(field)), unit: "元" };
    let figures = vec![
        count("就餐总人次", "diners"),
        count("补贴人次", "subsidised"),
        money("补贴合计", "total_fen"),
        money("核定金额", "approved_fen"),
        Figure { label: "日均就餐", value: per_day.to_string(), unit: "人次" },
    ];
    let notes = vec![
        "就餐总人次含不享受补贴的就餐，不含已撤销的；每位老人每日补贴一餐。".to_owned(),
        "核定金额＝合计－核减金额。待核的就餐不计补贴，确认后计入就餐日期所在月份；该月已结的，\
         与其后查明的其他变动一并列入首个未结月份的“以前月份”行。"
            .to_owned(),
    ];
    Body { table, figures, notes, ladder: None }
}

impl Month {
    fn add(&mut self, serving: &Serving, bands: &[String]) {
        if !serving.stands() {
            self.voided += 1;
            return;
        }
        self.diners += 1;
        self.late += u64::from(serving.late);
        self.recognised(serving.method);
        if serving.state == State::Pending {
            add((1, serving.dish.worth().get().into()), &mut self.pending);
            return;
        }
        let Dish::Meal { band, .. } = serving.dish else { return };
        self.subsidise(&bands[usize::from(band)]);
        let (city, district) = serving.shares();
        self.city += city;
        self.district += district;
        if let State::Reduced { fen, month, .. } = serving.state
            && month == MonthOf::of(serving.date)
        {
            add((1, fen.get().into()), &mut self.reduced);
        }
    }

    /// Makes up for a meal, visit or expiry of an earlier month.
    fn correct(&mut self, correction: &Correction, bands: &[String]) {
        if correction.diner {
            self.diners += 1;
            self.late += u64::from(correction.late);
            match correction.method {
                Some(method) => self.recognised(method),
                None => self.unnamed += 1,
            }
        }
        if let Some(band) = correction.subsidised {
            self.subsidise(&bands[usize::from(band)]);
        }
        let (gained, lost) = (correction.gained, correction.lost.sum());
        if gained.sum() > 0 {
            self.city += gained.city;
            self.district += gained.district;
            add((1, gained.sum()), &mut self.gained);
        }
        if lost > 0 {
            add((1, lost), &mut self.reduced);
        }
    }

    fn recognised(&mut self, method: Method) {
        match method {
            Method::Face => self.by_face += 1,
            Method::Card => self.by_card += 1,
            Method::Staff => self.by_staff += 1,
        }
    }

    fn subsidise(&mut self, band: &str) {
        self.subsidised += 1;
        match first_age(band) {
            Some(70..=79) => self.aged_70_79 += 1,
            Some(80..) => self.aged_80_up += 1,
            _ => self.other_bands += 1,
        }
    }

    /// The line, whose number is given when it is pushed.
    fn cells(&self, month: String, remark: Vec<String>, sources: Sources<'_>) -> Vec<Cell> {
        let site = sources.site;
        let total = self.city + self.district;
        vec![
            Cell::Empty,
            Cell::text(month),
            Cell::text(&site.county),
            Cell::text(&site.street),
            Cell::text(&site.device),
            Cell::text(&site.name),
            Cell::text(area(site.area)),
            Cell::Count(self.diners),
            Cell::Count(self.subsidised),
            Cell::Count(self.aged_70_79),
            Cell::Count(self.aged_80_up),
            Cell::Fen(self.city),
            Cell::Fen(self.district),
            Cell::Fen(total),
            Cell::Count(self.reduced.0),
            Cell::Fen(self.reduced.1),
            Cell::signed_fen(signed(total) - signed(self.reduced.1)),
            Cell::Count(self.by_face),
            Cell::Count(self.by_card),
            Cell::Count(self.by_staff),
            Cell::Count(self.late),
            Cell::Count(self.voided),
            Cell::text(remark.join("；")),
        ]
    }

    fn remark(&self, part: Period, sources: Sources<'_>) -> Vec<String> {
        let mut said = Vec::new();
        if self.pending.0 > 0 {
            said.push(format!("待核{}人次{}元", self.pending.0, yuan(self.pending.1)));
        }
        said.extend(self.odd_diners());
        if part.to() >= sources.today {
            said.push(format!("截至{}", day(sources.today)));
        }
        said
    }

    /// Diners whom no column names.
    fn odd_diners(&self) -> Vec<String> {
        let mut said = Vec::new();
        if self.unnamed > 0 {
            said.push(format!("核验超时{}人次", self.unnamed));
        }
        if self.other_bands > 0 {
            said.push(format!("其他年龄档{}人次", self.other_bands));
        }
        said
    }
}

/// Adds a line, and its number.
fn push(table: &mut Table, mut cells: Vec<Cell>) {
    cells[0] = Cell::Count(table.rows().len() as u64 + 1);
    table.push(cells);
}

/// The line of what `part` makes up for of earlier months, where there is anything.
fn push_earlier(table: &mut Table, book: &Book, part: Period, sources: Sources<'_>) {
    let mut earlier = Month::default();
    let counted = book.corrections.iter().filter(|c| part.contains(c.month.first_day()));
    let lines = counted.inspect(|c| earlier.correct(c, &book.bands)).count();
    if lines == 0 {
        return;
    }
    let mut said = Vec::new();
    for (word, (count, fen)) in [("补计", earlier.gained), ("核减", earlier.reduced)] {
        if count > 0 {
            said.push(format!("{word}{count}人次{}元", yuan(fen)));
        }
    }
    said.extend(earlier.odd_diners());
    push(table, earlier.cells(format!("{}·以前月份", part.chinese()), said, sources));
}

/// The lines of what was taken back and could not be taken off yet.
fn push_carried(table: &mut Table, book: &Book, part: Period, sources: Sources<'_>) {
    let month = MonthOf::of(part.from());
    let (before, after) = (book.owed_before(month), book.owed_before(month.next()));
    for (word, fen, remark) in [
        ("上月结转", -signed(before), format!("上月不足抵扣{}元", yuan(before))),
        ("结转下月", signed(after), format!("不足抵扣{}元，由下月抵扣", yuan(after))),
    ] {
        if fen != 0 {
            let title = format!("{}·{word}", part.chinese());
            let mut cells = Month::default().cells(title, vec![remark], sources);
            cells[APPROVED] = Cell::signed_fen(fen);
            push(table, cells);
        }
    }
}

fn add((count, fen): (u64, u64), sum: &mut (u64, u64)) {
    sum.0 += count;
    sum.1 += fen;
}

/// The age at which a band begins, from its code (`70-79`, `80+`).
pub(super) fn first_age(band: &str) -> Option<u16> {
    band.split(['-', '+']).next()?.parse().ok()
}
