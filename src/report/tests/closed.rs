//! Once the settlement of March is handed in, on 1 April.

use super::{APRIL, Case, MARCH, NONE, meal};
use crate::domain::entry::ClockTrust;
use crate::domain::subsidy::Standing;

pub(super) const CASES: &[Case] = &[
    (
        "confirmed after the close: April's money, and the diner is March's",
        |w| {
            let meal = w.stale("2026-03-10");
            w.close_march("2026-04-01");
            w.confirm("2026-04-02", meal, "2026-03-10", 100);
        },
        ([1, 0, 0, 0, 0, 0], "待核1人次4.00元"),
        ([0, 1, 200, 0, 0, 200], "｜补计1人次2.00元"),
    ),
    (
        "rejected after the close: April takes it back",
        |w| {
            let meal = w.meal("2026-03-10");
            w.close_march("2026-04-01");
            w.meal("2026-04-02");
            w.verdict("2026-04-02", meal, false);
        },
        ([1, 1, 400, 0, 0, 400], ""),
        ([1, 1, 400, 1, 400, 0], "｜核减1人次4.00元"),
    ),
    (
        "rejected before the close and accepted after it: April pays it",
        |w| {
            let meal = w.meal("2026-03-10");
            w.verdict("2026-03-12", meal, false);
            w.close_march("2026-04-01");
            w.verdict("2026-04-02", meal, true);
        },
        ([1, 1, 400, 1, 400, 0], ""),
        ([0, 0, 400, 0, 0, 400], "｜补计1人次4.00元"),
    ),
    (
        "an adjustment of March that is taken back after the close",
        |w| {
            let meal = w.meal("2026-03-10");
            w.adjust("2026-03-20", meal, 50, MARCH);
            w.close_march("2026-04-01");
            w.adjust("2026-04-02", meal, 0, APRIL);
        },
        ([1, 1, 400, 1, 50, 350], ""),
        ([0, 0, 50, 0, 0, 50], "｜补计1人次0.50元"),
    ),
    (
        "an adjustment of March that is larger after the close: the rest is April's",
        |w| {
            let meal = w.meal("2026-03-10");
            w.adjust("2026-03-20", meal, 50, MARCH);
            w.close_march("2026-04-01");
            w.meal("2026-04-02");
            w.adjust("2026-04-02", meal, 150, APRIL);
        },
        ([1, 1, 400, 1, 50, 350], ""),
        ([1, 1, 400, 1, 100, 300], "｜核减1人次1.00元"),
    ),
    (
        "adjusted in March and rejected after the close: what is left is April's",
        |w| {
            let meal = w.meal("2026-03-10");
            w.adjust("2026-03-20", meal, 50, MARCH);
            w.close_march("2026-04-01");
            w.meal("2026-04-02");
            w.verdict("2026-04-02", meal, false);
        },
        ([1, 1, 400, 1, 50, 350], ""),
        ([1, 1, 400, 1, 350, 50], "｜核减1人次3.50元"),
    ),
    (
        "entered late after the close: April's diner and money",
        |w| {
            w.close_march("2026-04-01");
            w.late("2026-04-02", "2026-03-31");
        },
        NONE,
        ([1, 1, 400, 0, 0, 400], "｜补计1人次4.00元"),
    ),
    (
        "entered late before the close, undone after it: April takes it back",
        |w| {
            let meal = w.late("2026-04-01", "2026-03-31");
            w.close_march("2026-04-01");
            w.meal("2026-04-01");
            w.void("2026-04-01", meal);
        },
        ([1, 1, 400, 0, 0, 400], ""),
        ([1, 1, 400, 1, 400, 0], "｜核减1人次4.00元"),
    ),
    (
        "a wrong clock said March, and it was April: the diner is not counted again",
        |w| {
            let meal = meal("2026-03-31", "80+", Standing::Firm);
            let meal = w.add("2026-03-31", ClockTrust::Untrusted, meal);
            w.close_march("2026-04-01");
            w.confirm("2026-04-02", meal, "2026-04-01", 200);
        },
        ([1, 0, 0, 0, 0, 0], "待核1人次4.00元"),
        ([0, 1, 400, 0, 0, 400], "｜补计1人次4.00元"),
    ),
    (
        "a wrong clock said April, and it was March",
        |w| {
            w.close_march("2026-04-01");
            let meal = meal("2026-04-01", "80+", Standing::Firm);
            let meal = w.add("2026-04-01", ClockTrust::Untrusted, meal);
            w.confirm("2026-04-02", meal, "2026-03-31", 200);
        },
        NONE,
        ([1, 1, 400, 0, 0, 400], "｜补计1人次4.00元"),
    ),
    (
        "a review of March that expires after the close",
        |w| {
            let review = w.expiry("2026-03-31");
            w.void("2026-03-31", review);
            w.close_march("2026-04-01");
            w.expiry("2026-03-31");
        },
        NONE,
        ([1, 0, 0, 0, 0, 0], "｜核验超时1人次"),
    ),
];
