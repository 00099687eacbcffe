//! 就餐明细: every meal and visit, the undone ones too, in order of entry.
//!
//! An undone meal and one that waits show no amount and say in 原因 what they were or would be
//! worth, and a reduced one shows its amounts and says there what was taken back, so that the
//! columns add up to the settlement's.

use super::book::{Book, Dish, Serving, State};
use super::columns::MEALS;
use super::people::{People, age_on};
use super::table::{Cell, Table, signed_yuan, yuan};
use super::{Body, Figure, Sources};
use crate::domain::entry::{ClockTrust, Method};
use crate::domain::money::Fen;
use crate::domain::month::Month;
use crate::domain::subsidy::NoAward;

pub(super) fn make(book: &Book, people: &People<'_>, sources: Sources<'_>) -> Body {
    let mut table = Table::new(MEALS);
    for serving in &book.servings {
        let elder = people.find(book.elder(serving));
        let (city, district) = serving.shares();
        table.push(vec![
            Cell::Count(serving.n),
            Cell::Date(serving.date),
            Cell::Time(serving.time),
            people.name(book.elder(serving)),
            elder.and_then(|e| e.id_last4).map_or(Cell::Empty, |four| Cell::text(four.as_str())),
            elder.map_or(Cell::Empty, |e| {
                Cell::Count(age_on(e, serving.date, sources.rules).into())
            }),
            Cell::text(method(serving.method)),
            serving
                .operator
                .map_or(Cell::Empty, |o| Cell::text(book.operators[usize::from(o)].as_str())),
            Cell::Fen(city),
            Cell::Fen(district),
            Cell::text(state(serving.state)),
            Cell::text(reasons(serving).join("；")),
            Cell::Empty,
        ]);
    }
    let voided = book.servings.len() - book.standing().count();
    let total = |field| table.total(field).unwrap_or_default();
    let figures = vec![
        Figure { label: "就餐人次", value: book.diners().to_string(), unit: "人次" },
        Figure { label: "市级补贴", value: signed_yuan(total("city_fen")), unit: "元" },
        Figure { label: "区级补贴", value: signed_yuan(total("district_fen")), unit: "元" },
        Figure { label: "撤销", value: voided.to_string(), unit: "人次" },
    ];
    let mut notes = vec!["撤销和待核的就餐金额计为 0.00，原金额见“原因”。".to_owned()];
    if !book.unnamed.is_empty() {
        notes.push(format!("另有核验超时{}人次，不知姓名，未列。", book.unnamed.len()));
    }
    Body { table, figures, notes, ladder: None }
}

pub(super) fn method(method: Method) -> &'static str {
    match method {
        Method::Face => "人脸",
        Method::Card => "证件",
        Method::Staff => "人工",
    }
}

fn state(state: State) -> &'static str {
    match state {
        State::Valid => "有效",
        State::Pending => "待核",
        State::Reduced { .. } => "核减",
        State::Voided(_) => "撤销",
    }
}

/// Why an amount is not simply what a meal is worth.
fn reasons(serving: &Serving) -> Vec<String> {
    let mut said = Vec::new();
    if let Dish::Visit(reason) = serving.dish {
        said.push(no_award(reason).to_owned());
    }
    let worth = yuan(serving.dish.worth().get().into());
    match serving.state {
        State::Voided(by) if serving.dish.worth() > Fen::ZERO => {
            said.push(format!("由第{by}条撤销，原补贴{worth}元"));
        }
        State::Voided(by) => said.push(format!("由第{by}条撤销")),
        State::Reduced { by, fen, month } => {
            let fen = yuan(fen.get().into());
            let later = if month == Month::of(serving.date) {
                String::new()
            } else {
                format!("，计入{month}结算")
            };
            said.push(format!("由第{by}条核减{fen}元{later}"));
        }
        State::Pending => said.push(format!("待核{worth}元")),
        State::Valid => {}
    }
    match (serving.confirmed, serving.clock) {
        (Some(by), _) => said.push(format!("由第{by}条确认")),
        (None, ClockTrust::Untrusted) => said.push("时钟待确认".to_owned()),
        (None, ClockTrust::Trusted) if serving.state == State::Pending => {
            said.push("资格数据过期".to_owned());
        }
        (None, ClockTrust::Trusted) => {}
    }
    if serving.late {
        said.push("补录".to_owned());
    }
    if let Some(month) = serving.lands.filter(|_| serving.subsidised()) {
        said.push(format!("计入{month}结算"));
    }
    said
}

/// A reason for no subsidy, as offices say it.
pub(super) fn no_award(reason: NoAward) -> &'static str {
    match reason {
        NoAward::UnderAge => "未满补贴年龄",
        NoAward::HomeCare => "已享受政府购买居家养老服务",
        NoAward::NotEligible => "不在补贴资格期内",
        NoAward::AlreadyToday => "当日已享受补贴",
        NoAward::NoRules => "当日无补贴规则",
        NoAward::Deceased => "已登记死亡",
        NoAward::Moved => "已迁出",
    }
}
