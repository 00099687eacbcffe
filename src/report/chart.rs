//! What the chart shows: servings a day, or a month, in stacked parts by band.

use super::book::{Book, Dish};
use super::settlement::first_age;
use crate::domain::calendar::Date;
use jiff::civil::Weekday;
use std::collections::HashMap;

/// Most days that are shown day by day; longer periods are shown by month.
const DAYS_MAX: usize = 62;

/// One stacked bar.
pub(super) struct Bar {
    /// What stands below it.
    pub label: String,
    /// In full, for whoever points at it.
    pub name: String,
    /// A Saturday or Sunday.
    pub weekend: bool,
    /// Servings, a number for each series.
    pub parts: Vec<u64>,
}

/// Stacked bars in order of time.
pub(super) struct Chart {
    /// What it shows.
    pub title: &'static str,
    /// Names of the parts, from the lowest in the stack.
    pub series: Vec<String>,
    /// The bars.
    pub bars: Vec<Bar>,
}

/// The way to the yearly award.
pub(super) struct Ladder {
    /// Diners so far.
    pub diners: u64,
    /// Diners that each step asks for, and what it pays in fen, rising.
    pub steps: Vec<(u64, u64)>,
}

/// The chart of everything that counts as 人次.
pub(super) fn of(book: &Book) -> Chart {
    // Oldest band first, so that it stands on the axis, and the unsubsidised on top.
    let mut order: Vec<usize> = (0..book.bands.len()).collect();
    order.sort_by_key(|band| std::cmp::Reverse(first_age(&book.bands[*band])));
    let place = |dish| match dish {
        Dish::Meal { band, .. } => {
            let band = usize::from(band);
            order.iter().position(|b| *b == band).expect("every band has its place")
        }
        Dish::Visit(_) => order.len(),
    };
    let mut series: Vec<String> = order.iter().map(|band| band_name(&book.bands[*band])).collect();
    series.push("无补贴".to_owned());
    let mut by_day: HashMap<Date, Vec<u64>> = HashMap::new();
    for serving in book.standing() {
        by_day.entry(serving.date).or_insert_with(|| vec![0; series.len()])[place(serving.dish)] +=
            1;
    }
    for unnamed in &book.unnamed {
        by_day.entry(unnamed.date).or_insert_with(|| vec![0; series.len()])[order.len()] += 1;
    }
    let daily = book.period.dates().count() <= DAYS_MAX;
    let bars = if daily {
        book.period.dates().map(|date| day_bar(date, by_day.remove(&date), series.len())).collect()
    } else {
        let sum = |dates: Vec<Date>| {
            let mut parts = vec![0; series.len()];
            for day in dates.iter().filter_map(|date| by_day.get(date)) {
                parts.iter_mut().zip(day).for_each(|(sum, n)| *sum += n);
            }
            parts
        };
        let bar = |month: super::Period| Bar {
            label: format!("{}月", month.from().month()),
            name: month.chinese(),
            weekend: false,
            parts: sum(month.dates().collect()),
        };
        book.period.months().map(bar).collect()
    };
    Chart { title: if daily { "每日就餐人次" } else { "每月就餐人次" }, series, bars }
}

fn day_bar(date: Date, parts: Option<Vec<u64>>, series: usize) -> Bar {
    let weekday = match date.weekday() {
        Weekday::Monday => "一",
        Weekday::Tuesday => "二",
        Weekday::Wednesday => "三",
        Weekday::Thursday => "四",
        Weekday::Friday => "五",
        Weekday::Saturday => "六",
        Weekday::Sunday => "日",
    };
    Bar {
        label: date.day().to_string(),
        name: format!("{}月{}日 星期{weekday}", date.month(), date.day()),
        weekend: matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday),
        parts: parts.unwrap_or_else(|| vec![0; series]),
    }
}

/// A band's code as offices write it: `70—79岁`, `80岁及以上`.
fn band_name(code: &str) -> String {
    match (code.strip_suffix('+'), code.split_once('-')) {
        (Some(from), _) => format!("{from}岁及以上"),
        (None, Some((from, to))) => format!("{from}—{to}岁"),
        (None, None) => code.to_owned(),
    }
}
