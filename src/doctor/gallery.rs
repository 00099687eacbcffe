//! How many are enrolled, and how old their eligibility data is.

use super::{Check, Finding};
use crate::config::{Config, rules};
use crate::daemon::control::status::Status;
use crate::daemon::parts;
use crate::domain::calendar::{Date, service_date};
use crate::domain::health::Trouble;
use crate::store::{LEDGER_FILE, LeftOut, Reader};

/// By the running daemon, else by the ledger.
pub(super) fn look(config: &Config, status: Option<&Status>) -> Finding {
    let days_max = match rules::load(&config.rules) {
        Ok(book) => book.eligibility_days_max(),
        // The rule book's own line says what is the matter with it.
        Err(_) => {
            return Check::Gallery.fault("not judged without a rule book", "mend the rule book");
        }
    };
    let today = service_date(parts::clock(config).now());
    let gallery = match status {
        Some(Status { ledger, .. }) => {
            let as_of = ledger.eligibility_as_of.as_deref().and_then(|day| day.parse().ok());
            Ok(as_of.map(|as_of| (ledger.elders, ledger.templates, as_of)))
        }
        // A box that was just set up; another line says that there is no ledger yet.
        None if !config.state.join(LEDGER_FILE).exists() => Ok(None),
        None => Reader::open(&config.state).map_err(|e| e.to_string()).and_then(|reader| {
            let change = reader.gallery_change().map_err(|e| e.to_string())?;
            Ok(change.map(|g| (g.elders, g.templates, g.as_of)))
        }),
    };
    let left_out = Reader::open(&config.state).ok().and_then(|reader| reader.left_out().ok());
    match gallery {
        Ok(gallery) => judge(gallery, left_out.unwrap_or_default(), today, days_max),
        Err(problem) => Check::Gallery.failed(problem),
    }
}

/// `gallery` is elders, templates and the day of the eligibility data.
fn judge(
    gallery: Option<(u32, u32, Date)>,
    left_out: LeftOut,
    today: Date,
    days_max: u16,
) -> Finding {
    let Some((elders, templates, as_of)) = gallery.filter(|(elders, ..)| *elders > 0) else {
        return Check::Gallery.warning(
            "nobody is enrolled",
            "canteend gallery import FILE.csv --photos DIR, or let the city send its gallery",
        );
    };
    let age = (today - as_of).get_days();
    let seen =
        format!("{elders} elders, {templates} templates, eligibility of {as_of} ({age} days)");
    if templates == 0 {
        return Check::Gallery.warning(
            format!("{seen}; everybody is left to card and staff"),
            "canteend gallery import FILE.csv --photos DIR, or have the city send photographs",
        );
    }
    match age <= i32::from(days_max) {
        true if left_out == LeftOut::default() => Check::Gallery.ok(seen),
        true => Check::Gallery.warning(
            format!(
                "{seen}; left out of what the city sent: {} rows, {} cards of more than one elder",
                left_out.rows, left_out.cards
            ),
            Trouble::GalleryRows.remedy(),
        ),
        false => Check::Gallery.warning(
            format!("{seen}, of {days_max} allowed: meals wait for confirmation"),
            "connect the network, or import the streets' current list",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Verdict;
    use super::*;

    #[test]
    fn a_gallery_ages_by_the_rule_books_days() {
        let day = |text: &str| text.parse::<Date>().unwrap();
        let of = |as_of| Some((120, 240, day(as_of)));
        let cases = [
            (None, Verdict::Warning, "nobody"),
            (Some((0, 0, day("2026-03-01"))), Verdict::Warning, "nobody"),
            (of("2026-03-01"), Verdict::Ok, "(30 days)"),
            (of("2026-02-28"), Verdict::Warning, "(31 days)"),
        ];
        for (gallery, verdict, word) in cases {
            let found = judge(gallery, LeftOut::default(), day("2026-03-31"), 30);
            assert!(found.verdict == verdict && found.seen.contains(word), "{found:?}");
        }
        let faceless = Some((120, 0, day("2026-03-30")));
        let found = judge(faceless, LeftOut::default(), day("2026-03-31"), 30);
        assert!(found.verdict == Verdict::Warning && found.seen.contains("left to card"));
        let left_out = LeftOut { rows: 2, cards: 1 };
        let found = judge(of("2026-03-30"), left_out, day("2026-03-31"), 30);
        let told = found.seen.contains("2 rows, 1 cards");
        assert!(found.verdict == Verdict::Warning && told, "{found:?}");
    }
}
