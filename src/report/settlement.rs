//! 月度助餐补贴结算表: one line a month, from which the subsidy is paid.
//!
//! 合计 is what the standing meals are worth. 核定金额 is what may be paid of it now: 合计 less what
//! was taken back (核减) and less what still waits for confirmation (待核), which the remark names
//! and a later month settles.

use super::book::{Book, Dish, Serving, State};
use super::columns::SETTLEMENT;
use super::period::{Period, day};
use super::table::{Cell, Table, yuan};
use super::{Body, Figure, Sources, area};
use crate::domain::entry::Method;
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
    pending: (u64, u64),
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
        table.push(month.cells(row, part, sources));
    }
    let total = |field| table.total(field).unwrap_or_default();
    let days: BTreeSet<_> = book.standing().map(|s| s.date).collect();
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
        "核定金额＝合计－核减金额－待核金额；待核金额确认后计入以后月份。".to_owned(),
    ];
    Body { table, figures, notes }
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
        match serving.state {
            State::Pending => add((1, city + district), &mut self.pending),
            State::Reduced { fen, .. } => add((1, fen.get().into()), &mut self.reduced),
            State::Valid | State::Voided(_) => {}
        }
    }

    fn cells(&self, row: u64, part: Period, sources: Sources<'_>) -> Vec<Cell> {
        let site = sources.site;
        let total = self.city + self.district;
        let approved = total - self.reduced.1 - self.pending.1;
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
