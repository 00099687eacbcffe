//! An entry in one line, for people.

use crate::domain::calendar::SHANGHAI;
use crate::domain::entry::correction::Finding;
use crate::domain::entry::{ClockTrust, Entry, Event};
use crate::record::hex;
use crate::store::Recorded;

/// Digits of a hash that are shown.
const HASH_DIGITS: usize = 12;

/// Number, time, kind, what happened, and the beginning of the hash.
pub(super) fn line(recorded: &Recorded) -> String {
    let hash = recorded.hash.to_string();
    format!("{}  {}", short(&recorded.entry), &hash[..HASH_DIGITS])
}

/// The line without the hash.
pub(super) fn short(entry: &Entry) -> String {
    let at = SHANGHAI.to_datetime(entry.stamp.at);
    let doubt = if entry.stamp.clock == ClockTrust::Untrusted { "?" } else { " " };
    format!("{:>6}  {at}{doubt} {:12}  {}", entry.n, entry.event.kind(), what(&entry.event))
}

fn what(event: &Event) -> String {
    match event {
        Event::Genesis { device } => format!("for {device}"),
        Event::Meal(m) => format!(
            "{} {} {} {} {} yuan ({})",
            m.elder,
            m.window,
            m.method.code(),
            m.award.band,
            m.award.total(),
            m.award.rules
        ),
        Event::Visit(v) => {
            format!("{} {} {} {}", v.elder, v.window, v.method.code(), v.reason.code())
        }
        Event::Review(r) => {
            let doubts: Vec<_> = r.reasons.iter().map(|d| d.code()).collect();
            format!("{} {}, {} candidates", r.window, doubts.join(" "), r.candidates.len())
        }
        Event::Choice(c) => {
            let chosen = c.elder.as_ref().map_or("nobody", |elder| elder.as_str());
            format!("{chosen} for review {}, by {}", c.review, c.operator)
        }
        Event::Expiry(e) => format!("of review {}", e.review),
        Event::ByHand(h) => format!("{}, by {}", h.reason.code(), h.operator),
        Event::Card(c) => format!("read, {} signed in", c.operator),
        Event::Late(l) => {
            format!("for {}: {}, by {} and {}", l.date, l.reason.code(), l.operator, l.second)
        }
        Event::Void(v) => format!("of entry {}: {}, by {}", v.entry, v.reason.code(), v.operator),
        Event::Confirmation(c) => match c.reason {
            None => format!("of entry {} for {}: {} yuan", c.entry, c.date, c.total()),
            Some(reason) => format!("of entry {} for {}: {}", c.entry, c.date, reason.code()),
        },
        Event::Verdict(v) => match &v.finding {
            Finding::Accepted => format!("on entry {}: accepted", v.entry),
            Finding::Rejected { reason, .. } => format!("on entry {}: {}", v.entry, reason.code()),
        },
        Event::Adjustment(a) => {
            format!("of entry {} in {}: {} yuan less", a.entry, a.month, a.total())
        }
        Event::Close(c) => format!("of {}, by {}", c.month, c.operator),
        Event::Sign(s) => format!("{} {}", s.operator, s.change.code()),
        Event::Clock(c) => {
            let trust = if c.trusted { "trusted" } else { "not trusted" };
            format!("{trust}: {}, {} ms off", c.why.code(), c.offset_ms)
        }
        Event::Key(k) => format!("{} is {}", k.purpose.code(), &hex(&k.now)[..HASH_DIGITS]),
        Event::Epoch(e) => match e.lacking() {
            Some((first, last, epoch)) => format!(
                "{}: entries {first} to {last} of epoch {epoch} are with the city only",
                e.epoch
            ),
            None => format!("{}: nothing that the city holds is missing here", e.epoch),
        },
        Event::Config(c) => {
            format!("{}, rules {}", &hex(&c.config)[..HASH_DIGITS], &hex(&c.rules)[..HASH_DIGITS])
        }
        Event::Satisfaction(score) => score.code().to_owned(),
        Event::Export(e) => format!("{} of entries {} to {}", e.what.code(), e.first, e.last),
        Event::Gallery(g) => {
            format!("{}: {} elders, {} templates", g.generation, g.elders, g.templates)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::entry::correction::{Adjustment, Confirmation};
    use crate::domain::money::Fen;
    use crate::domain::month::Month;

    #[test]
    fn what_is_confirmed_and_what_is_taken_off_is_said_in_yuan_as_meals_are() {
        let (city, district) = (Fen::new(150), Fen::new(100));
        let date = "2026-03-02".parse().unwrap();
        let said = Confirmation { entry: 7, date, city, district, reason: None };
        assert_eq!(what(&Event::Confirmation(said)), "of entry 7 for 2026-03-02: 2.50 yuan");
        let month = Month::parse("2026-03").unwrap();
        let (reason, supersedes) = (None, None);
        let said = Adjustment { entry: 7, city, district, reason, month, supersedes };
        assert_eq!(what(&Event::Adjustment(said)), "of entry 7 in 2026-03: 2.50 yuan less");
    }
}
