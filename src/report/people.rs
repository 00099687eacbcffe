//! Who an elder of the ledger is, as far as the gallery tells.

use super::table::Cell;
use crate::domain::calendar::{AgeRule, Date, LeapDay, age};
use crate::domain::elder::{Elder, ElderId, NoticeWhy};
use crate::domain::rules::RuleBook;
use std::collections::HashMap;

/// The elders of the gallery by id.
pub(super) struct People<'a> {
    by_id: Option<HashMap<&'a ElderId, &'a Elder>>,
}

impl<'a> People<'a> {
    pub(super) fn new(elders: Option<&'a [Elder]>) -> Self {
        People { by_id: elders.map(|all| all.iter().map(|e| (&e.id, e)).collect()) }
    }

    /// Whether there is a roster at all.
    pub(super) fn known(&self) -> bool {
        self.by_id.is_some()
    }

    pub(super) fn find(&self, id: &ElderId) -> Option<&'a Elder> {
        self.by_id.as_ref()?.get(id).copied()
    }

    /// Everybody, in order of id.
    pub(super) fn all(&self) -> Vec<&'a Elder> {
        let mut all: Vec<_> = self.by_id.iter().flat_map(|map| map.values().copied()).collect();
        all.sort_by_key(|e| &e.id);
        all
    }

    /// The name, or the id of somebody who is not in the gallery.
    pub(super) fn name(&self, id: &ElderId) -> Cell {
        Cell::text(self.find(id).map_or(id.as_str(), |e| e.name.as_str()))
    }
}

/// Whole years of age on `date` by the rules of that day; by the birthday where there are none.
pub(super) fn age_on(elder: &Elder, date: Date, rules: &RuleBook) -> u16 {
    let (rule, leap) = rules
        .in_force(date)
        .map_or((AgeRule::Birthday, LeapDay::Feb28), |table| (table.age_rule(), table.leap_day()));
    age(elder.birth, date, rule, leap)
}

/// First day of a notice of this sort, if there is one.
pub(super) fn noticed(elder: &Elder, why: NoticeWhy) -> Option<Date> {
    elder.notices.iter().filter(|n| n.why == why).map(|n| n.from).min()
}
