//! While every month is open.

use super::{APRIL, Case, MARCH, NONE, meal};
use crate::domain::entry::ClockTrust;
use crate::domain::subsidy::Standing;

pub(super) const CASES: &[Case] = &[
    (
        "stale data: a diner, and no subsidy yet",
        |w| {
            w.stale("2026-03-10");
        },
        ([1, 0, 0, 0, 0, 0], "待核1人次4.00元"),
        NONE,
    ),
    (
        "confirmed in April at half: March's money",
        |w| {
            let meal = w.stale("2026-03-10");
            w.confirm("2026-04-02", meal, "2026-03-10", 100);
        },
        ([1, 1, 200, 0, 0, 200], ""),
        NONE,
    ),
    (
        "confirmed to be worth nothing: still a diner",
        |w| {
            let meal = w.stale("2026-03-10");
            w.confirm("2026-04-02", meal, "2026-03-10", 0);
        },
        ([1, 0, 0, 0, 0, 0], ""),
        NONE,
    ),
    (
        "a wrong clock said April, and it was March",
        |w| {
            let meal = meal("2026-04-01", "80+", Standing::Firm);
            let meal = w.add("2026-04-01", ClockTrust::Untrusted, meal);
            w.confirm("2026-04-02", meal, "2026-03-31", 200);
        },
        ([1, 1, 400, 0, 0, 400], ""),
        NONE,
    ),
    (
        "rejected by the city",
        |w| {
            let meal = w.meal("2026-03-10");
            w.verdict("2026-04-02", meal, false);
        },
        ([1, 1, 400, 1, 400, 0], ""),
        NONE,
    ),
    (
        "rejected, then accepted",
        |w| {
            let meal = w.meal("2026-03-10");
            w.verdict("2026-03-12", meal, false);
            w.verdict("2026-03-14", meal, true);
        },
        ([1, 1, 400, 0, 0, 400], ""),
        NONE,
    ),
    (
        "rejected while it waits: nothing to take off",
        |w| {
            let meal = w.stale("2026-03-10");
            w.verdict("2026-03-12", meal, false);
        },
        ([1, 0, 0, 0, 0, 0], "待核1人次4.00元"),
        NONE,
    ),
    (
        "rejected while it waits, then confirmed at half: that half is taken off",
        |w| {
            let meal = w.stale("2026-03-10");
            w.verdict("2026-03-12", meal, false);
            w.confirm("2026-03-14", meal, "2026-03-10", 100);
        },
        ([1, 1, 200, 1, 200, 0], ""),
        NONE,
    ),
    (
        "adjusted in its month",
        |w| {
            let meal = w.meal("2026-03-10");
            w.adjust("2026-03-20", meal, 50, MARCH);
        },
        ([1, 1, 400, 1, 50, 350], ""),
        NONE,
    ),
    (
        "adjusted after its month was closed: April pays it back",
        |w| {
            let meal = w.meal("2026-03-10");
            w.meal("2026-04-01");
            w.adjust("2026-04-02", meal, 50, APRIL);
        },
        ([1, 1, 400, 0, 0, 400], ""),
        ([1, 1, 400, 1, 50, 350], "｜核减1人次0.50元"),
    ),
    (
        "an April without meals cannot pay it back",
        |w| {
            let meal = w.meal("2026-03-10");
            w.adjust("2026-04-02", meal, 50, APRIL);
        },
        ([1, 1, 400, 0, 0, 400], ""),
        ([0, 0, 0, 1, 50, 0], "｜核减1人次0.50元｜不足抵扣0.50元，由下月抵扣"),
    ),
    (
        "the last adjustment counts, in its own month alone",
        |w| {
            let meal = w.meal("2026-03-10");
            w.meal("2026-04-01");
            w.adjust("2026-03-20", meal, 50, MARCH);
            w.adjust("2026-04-02", meal, 100, APRIL);
        },
        ([1, 1, 400, 0, 0, 400], ""),
        ([1, 1, 400, 1, 100, 300], "｜核减1人次1.00元"),
    ),
    (
        "an adjustment of zero takes the one before back",
        |w| {
            let meal = w.meal("2026-03-10");
            w.adjust("2026-04-02", meal, 50, APRIL);
            w.adjust("2026-04-03", meal, 0, APRIL);
        },
        ([1, 1, 400, 0, 0, 400], ""),
        NONE,
    ),
    (
        "adjusted for April and rejected: taken off once, where the meal is",
        |w| {
            let meal = w.meal("2026-03-10");
            w.adjust("2026-04-02", meal, 50, APRIL);
            w.verdict("2026-04-03", meal, false);
        },
        ([1, 1, 400, 1, 400, 0], ""),
        NONE,
    ),
    (
        "undone: nothing is left to take off",
        |w| {
            let meal = w.meal("2026-03-10");
            w.adjust("2026-03-10", meal, 50, APRIL);
            w.verdict("2026-03-10", meal, false);
            w.void("2026-03-10", meal);
        },
        NONE,
        NONE,
    ),
    (
        "a review that expired, and one of which that was undone",
        |w| {
            w.expiry("2026-03-10");
            let undone = w.expiry("2026-03-11");
            w.void("2026-03-11", undone);
        },
        ([1, 0, 0, 0, 0, 0], "核验超时1人次"),
        NONE,
    ),
    (
        "entered late, in April, for March",
        |w| {
            w.late("2026-04-02", "2026-03-31");
        },
        ([1, 1, 400, 0, 0, 400], ""),
        NONE,
    ),
];
