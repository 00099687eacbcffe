//! 月度助餐补贴结算表: one line a month, from which the subsidy is paid.
//!
//! 合计 is what the subsidised meals are worth, and 核定金额 what is to be paid of it: 合计 less what
//! was taken back (核减). What waits for confirmation (待核) is in neither; the remark names it, and
//! it counts in the month of its service date as soon as it is confirmed.

use super::book::{Book, Carried, Dish, Serving, State};
use super::columns::SETTLEMENT;
use super::period::{Period, day};
use super::table::{Cell, Table, yuan};
use super::{Body, Figure, Sources, area};
use crate::domain::entry::Method;
use crate::domain::month::Month as MonthOf;
use std::collections::BTreeSet;

/// Sums of one month.
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
    /// Of the reduced, those of earlier months' meals.
    carried: (u64, u64),
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
    for (row, part) in (1..).zip(begun) {
        let mut month = Month::default();
        book.servings
            .iter()
            .filter(|s| part.contains(s.date))
            .for_each(|s| month.add(s, &book.bands));
        month.unnamed = book.unnamed.iter().filter(|u| part.contains(u.date)).count() as u64;
        month.diners += month.unnamed;
        let carried = book.carried.iter().filter(|c| part.contains(c.month.first_day()));
        carried.for_each(|c| month.carry(c));
        table.push(month.cells(row, part, sources));
    }
    let total = |field| table.total(field).unwrap_or_default();
    let named = book.standing().map(|s| s.date);
    let days: BTreeSet<_> = named.chain(book.unnamed.iter().map(|u| u.date)).collect();
    let per_day = total("diners").checked_div(days.len() as u64).unwrap_or(0);
    let count = |label, field| Figure { label, value: total(field).to_string(), unit: "人次" };
    let money = |label, field| Figure { label, value: yuan(total(field)), unit: "元" };
    let figures = vec![
        count("就餐总人次", "diners"),
        count("补贴人次", "subsidised"),
        money("补贴合计", "total_fen"),
        money("核定金额", "approved_fen"),
        Figure { label: "日均就餐", value: per_day.to_string(), unit: "人次" },
    ];
    let notes = vec![
        "就餐总人次含不享受补贴的就餐，不含已撤销的；每位老人每日补贴一餐。".to_owned(),
        "核定金额＝合计－核减金额；待核的就餐不计补贴，确认后计入就餐日期所在月份，届时重新制表。"
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
        match serving.method {
            Method::Face => self.by_face += 1,
            Method::Card => self.by_card += 1,
            Method::Staff => self.by_staff += 1,
        }
        if serving.state == State::Pending {
            add((1, serving.dish.worth().get().into()), &mut self.pending);
            return;
        }
        let Dish::Meal { band, .. } = serving.dish else { return };
        self.subsidised += 1;
        match first_age(&bands[usize::from(band)]) {
            Some(70..=79) => self.aged_70_79 += 1,
            Some(80..) => self.aged_80_up += 1,
            _ => self.other_bands += 1,
        }
        let (city, district) = serving.shares();
        self.city += city;
        self.district += district;
        if let State::Reduced { fen, month, .. } = serving.state
            && month == MonthOf::of(serving.date)
        {
            add((1, fen.get().into()), &mut self.reduced);
        }
    }

    /// What this month takes back of earlier ones.
    fn carry(&mut self, carried: &Carried) {
        add((1, carried.fen.get().into()), &mut self.reduced);
        add((1, carried.fen.get().into()), &mut self.carried);
    }

    fn cells(&self, row: u64, part: Period, sources: Sources<'_>) -> Vec<Cell> {
        let site = sources.site;
        let total = self.city + self.district;
        // What earlier months were paid too much can exceed a quiet month; the rest is then owed,
        // and the remark says so.
        let approved = total.saturating_sub(self.reduced.1);
        vec![
            Cell::Count(row),
            Cell::text(part.chinese()),
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
            Cell::Fen(approved),
            Cell::Count(self.by_face),
            Cell::Count(self.by_card),
            Cell::Count(self.by_staff),
            Cell::Count(self.late),
            Cell::Count(self.voided),
            Cell::text(self.remark(part, sources)),
        ]
    }

    fn remark(&self, part: Period, sources: Sources<'_>) -> String {
        let mut said = Vec::new();
        if self.pending.0 > 0 {
            said.push(format!("待核{}人次{}元", self.pending.0, yuan(self.pending.1)));
        }
        if self.carried.0 > 0 {
            let (count, fen) = self.carried;
            said.push(format!("核减含以前月份{count}人次{}元", yuan(fen)));
        }
        let total = self.city + self.district;
        if let Some(owed) = self.reduced.1.checked_sub(total).filter(|owed| *owed > 0) {
            said.push(format!("不足抵扣{}元", yuan(owed)));
        }
        if self.unnamed > 0 {
            said.push(format!("核验超时{}人次", self.unnamed));
        }
        if self.other_bands > 0 {
            said.push(format!("其他年龄档{}人次", self.other_bands));
        }
        if part.to() >= sources.today {
            said.push(format!("截至{}", day(sources.today)));
        }
        said.join("；")
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
