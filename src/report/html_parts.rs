//! Markup by construction: constant markup on one side, escaped text on the other, and no third
//! way in.

use super::chart::{Bar, Chart, Ladder};
use super::table::yuan;
use crate::html::escape;
use std::fmt::Write as _;

/// A page in the making.
pub(super) struct Page(String);

impl Page {
    pub(super) fn new() -> Self {
        Page(String::new())
    }

    /// Markup that this program was compiled with.
    pub(super) fn raw(&mut self, markup: &'static str) -> &mut Self {
        self.0.push_str(markup);
        self
    }

    /// Text from anywhere, escaped for content and for quoted attributes.
    pub(super) fn text(&mut self, text: &str) -> &mut Self {
        self.0.push_str(&escape(text));
        self
    }

    /// A number, in markup or text.
    pub(super) fn number(&mut self, number: f64) -> &mut Self {
        let tenths = (number * 10.0).round() / 10.0;
        write!(self.0, "{tenths}").expect("a string takes everything");
        self
    }

    pub(super) fn finish(self) -> String {
        self.0
    }
}

/// Drawing area of the chart, in its own units.
const WIDTH: f64 = 1000.0;
const HEIGHT: f64 = 230.0;
/// The part of it in which bars stand.
const LEFT: f64 = 44.0;
const TOP: f64 = 12.0;
const BOTTOM: f64 = 202.0;
/// Share of its place that a bar takes.
const BAR_SHARE: f64 = 0.68;
/// Lines across, besides the axis.
const LINES: u64 = 4;
/// Classes of the parts, from the axis upwards; further ones share the last but one, and what has
/// no subsidy always has the last.
const FILLS: [&str; 4] = ["f0", "f1", "f2", "f3"];

fn fill(part: usize, series: usize) -> &'static str {
    if part + 1 == series { FILLS[3] } else { FILLS[part.min(2)] }
}

/// The chart as inline SVG, with its legend.
pub(super) fn chart(page: &mut Page, chart: &Chart) {
    let series = chart.series.len();
    page.raw("<figure class=\"chart\"><figcaption><b>").text(chart.title).raw("</b>");
    for (part, name) in chart.series.iter().enumerate() {
        page.raw(
            "<span class=\"key\"><svg viewBox=\"0 0 10 10\" aria-hidden=\"true\"><rect class=\"",
        );
        page.raw(fill(part, series)).raw("\" width=\"10\" height=\"10\" rx=\"2\"/></svg>");
        page.text(name).raw("</span>");
    }
    page.raw("</figcaption><svg viewBox=\"0 0 1000 230\" role=\"img\" aria-label=\"");
    page.text(chart.title).raw("\">");
    let top = scale_top(chart.bars.iter().map(|b| b.parts.iter().sum()).max().unwrap_or(0));
    let y = |count: u64| BOTTOM - (BOTTOM - TOP) * count as f64 / top as f64;
    for line in 0..=LINES {
        let count = top / LINES * line;
        page.raw(if line == 0 { "<line class=\"axis\" x1=\"" } else { "<line x1=\"" });
        page.number(LEFT).raw("\" x2=\"").number(WIDTH).raw("\" y1=\"").number(y(count));
        page.raw("\" y2=\"").number(y(count)).raw("\"/><text class=\"n\" x=\"");
        page.number(LEFT - 8.0).raw("\" y=\"").number(y(count) + 4.0).raw("\">");
        page.number(count as f64).raw("</text>");
    }
    let place = (WIDTH - LEFT) / chart.bars.len().max(1) as f64;
    for (i, bar) in chart.bars.iter().enumerate() {
        draw(page, chart, bar, (LEFT + place * i as f64, place), y);
    }
    page.raw("</svg></figure>");
}

fn draw(page: &mut Page, chart: &Chart, bar: &Bar, (x, place): (f64, f64), y: impl Fn(u64) -> f64) {
    let (width, middle) = (place * BAR_SHARE, x + place / 2.0);
    let total: u64 = bar.parts.iter().sum();
    page.raw("<g><title>").text(&bar.name).raw("：").number(total as f64).raw("人次</title>");
    let mut below = 0;
    for (part, count) in bar.parts.iter().enumerate().filter(|(_, count)| **count > 0) {
        let (high, low) = (y(below + count), y(below));
        page.raw("<rect class=\"").raw(fill(part, chart.series.len())).raw("\" x=\"");
        page.number(middle - width / 2.0).raw("\" y=\"").number(high).raw("\" width=\"");
        page.number(width).raw("\" height=\"").number(low - high).raw("\"/>");
        below += count;
    }
    page.raw(if bar.weekend { "<text class=\"w\" x=\"" } else { "<text x=\"" });
    page.number(middle).raw("\" y=\"").number(HEIGHT - 10.0).raw("\">");
    page.text(&bar.label).raw("</text></g>");
}

/// How far a year has come: a track with a mark at each step of the operating award.
pub(super) fn ladder(page: &mut Page, ladder: &Ladder) {
    let Some((last, _)) = ladder.steps.last() else { return };
    // The highest step stands a little before the end, so that there is something beyond it.
    let x = |diners: u64| WIDTH * (diners as f64 / (last * 11 / 10) as f64).min(1.0);
    page.raw("<figure class=\"chart ladder\"><figcaption><b>运营奖补进度</b></figcaption>");
    page.raw("<svg viewBox=\"-4 0 1008 74\" role=\"img\" aria-label=\"运营奖补进度\">");
    page.raw("<rect class=\"track\" y=\"28\" width=\"1000\" height=\"16\" rx=\"8\"/>");
    page.raw("<rect class=\"f0\" y=\"28\" height=\"16\" rx=\"8\" width=\"");
    page.number(x(ladder.diners)).raw("\"/>");
    for (diners, fen) in &ladder.steps {
        page.raw("<line class=\"mark\" y1=\"22\" y2=\"50\" x1=\"").number(x(*diners));
        page.raw("\" x2=\"").number(x(*diners)).raw("\"/><text y=\"15\" x=\"");
        page.number(x(*diners)).raw("\">").text(&diners.to_string()).raw("人次</text>");
        page.raw("<text y=\"66\" x=\"").number(x(*diners)).raw("\">");
        page.text(&yuan(*fen)).raw("元</text>");
    }
    page.raw("</svg></figure>");
}

/// The top of the scale: at least `most`, divisible by [`LINES`], and round.
fn scale_top(most: u64) -> u64 {
    let mut unit = 1;
    loop {
        for step in [1, 2, 3, 4, 5, 6, 8] {
            let top = unit * step * LINES;
            if top >= most {
                return top;
            }
        }
        unit *= 10;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_never_becomes_markup() {
        let mut page = Page::new();
        page.raw("<p title=\"").text("\"><script>'&").raw("\">");
        assert_eq!(page.finish(), "<p title=\"&quot;&gt;&lt;script&gt;&#39;&amp;\">");
    }

    #[test]
    fn the_scale_ends_at_a_round_number() {
        let tops = [0, 1, 4, 5, 9, 17, 61, 80, 81, 241, 1999, 2001].map(scale_top);
        assert_eq!(tops, [4, 4, 4, 8, 12, 20, 80, 80, 120, 320, 2000, 2400]);
    }
}
