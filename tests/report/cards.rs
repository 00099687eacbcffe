//! 证件核验: how many cards are usual, and how fast people are.

use crate::canteen::{Canteen, column, elder, month};
use crate::exceptions::rows;
use canteend::domain::entry::EntryNumber;
use canteend::report::{Kind, Report};

/// A canteen of elders `p_1` to `p_90`, all long since eligible.
fn canteen() -> Canteen {
    let elders: Vec<_> =
        (1..=90).map(|i| elder(&format!("p_{i}"), "王", "1940-01-01", "2024-01-01")).collect();
    Canteen::new("2026-02-28", &elders)
}

fn report(canteen: &Canteen) -> Report {
    canteen.report(Kind::Exceptions, month("2026-03"))
}

/// `count` elders come with cards on a day of March, one every `seconds`.
fn cards(canteen: &mut Canteen, day: u32, by: &str, count: u32, seconds: u32) -> Vec<EntryNumber> {
    let when = |s: u32| format!("2026-03-{day:02} 11:{:02}:{:02}", 10 + s / 60, s % 60);
    (1..=count).map(|i| canteen.card(&when(i * seconds), by, &format!("p_{i}"))).collect()
}

#[test]
fn cards_are_named_with_their_operator_where_a_day_has_many_more_than_usual() {
    let mut canteen = canteen();
    for day in 2..7 {
        cards(&mut canteen, day, "op-1", 7, 30);
    }
    let alike = cards(&mut canteen, 9, "op-2", 21, 30);
    assert_eq!(rows(&report(&canteen), "证件核验核查")[0].1, "刷卡共56人次，未见异常集中");
    let many = cards(&mut canteen, 10, "op-2", 22, 30);
    let found = rows(&report(&canteen), "证件核验核查");
    let text = "2026年3月10日操作员op-2刷卡22人次，平日全天7人次".to_owned();
    assert_eq!(found, [(many, text)], "three times as many are not named: {alike:?}");
}

#[test]
fn cards_that_come_faster_than_people_are_named_and_a_quick_queue_is_not() {
    let mut canteen = canteen();
    cards(&mut canteen, 2, "op-1", 9, 3);
    cards(&mut canteen, 3, "op-1", 15, 4);
    let fast = cards(&mut canteen, 4, "op-1", 10, 3);
    let found = rows(&report(&canteen), "证件核验核查");
    assert_eq!(found, [(fast, "连续10次刷卡，每次相隔不超过3秒".to_owned())]);
}

#[test]
fn the_share_of_cards_is_told_and_who_was_signed_in_stands_beside_each() {
    let mut canteen = canteen();
    canteen.meal("2026-03-02 11:00:00", "p_50", "80+");
    let card = canteen.card("2026-03-02 11:30:00", "op-1", "p_1");
    let said = rows(&report(&canteen), "证件核验占比");
    assert_eq!(said, [(vec![], "证件核验1人次，占50.0%，未超过50.0%".to_owned())]);
    let second = canteen.card("2026-03-02 11:31:00", "op-2", "p_2");
    let said = rows(&report(&canteen), "证件核验占比");
    assert_eq!(said, [(vec![card, second], "证件核验2人次，占66.7%，超过50.0%".to_owned())]);
    let meals = canteen.report(Kind::Meals, month("2026-03"));
    assert_eq!(column(&meals, "操作员"), ["", "op-1", "op-2"]);
}
