//! Drawings of a page, as SVG that stands in the markup.

use super::super::histogram::Histogram;
use super::Both;
use std::fmt::Write as _;

const WIDTH: f64 = 920.0;
const HEIGHT: f64 = 360.0;
const LEFT: f64 = 62.0;
const RIGHT: f64 = 18.0;
const TOP: f64 = 44.0;
const BOTTOM: f64 = 52.0;
/// Least share that the logarithmic axes show; what lies below is drawn at the edge.
const SHARE_MIN: f64 = 0.001;

/// A line across a histogram.
pub(super) struct Mark {
    pub(super) at: f32,
    pub(super) label: String,
}

/// A line of a trade-off: pairs of shares, 0 to 1.
pub(super) struct Line {
    /// Class of the style sheet: `ours` or `plain`.
    pub(super) class: &'static str,
    pub(super) name: Both,
    pub(super) points: Vec<[f64; 2]>,
}

struct Drawing(String);

impl Drawing {
    fn new(label: Both) -> Self {
        Drawing(format!(
            "<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"{} · {}\">",
            label.0, label.1
        ))
    }

    fn add(&mut self, markup: std::fmt::Arguments<'_>) {
        self.0.write_fmt(markup).expect("writing to a string does not fail");
    }

    fn text(&mut self, [x, y]: [f64; 2], anchor: &str, class: &str, text: &str) {
        self.add(format_args!(
            "<text class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{text}</text>"
        ));
    }

    fn line(&mut self, [x1, y1, x2, y2]: [f64; 4], class: &str) {
        self.add(format_args!(
            "<line class=\"{class}\" x1=\"{x1:.1}\" y1=\"{y1:.1}\" x2=\"{x2:.1}\" y2=\"{y2:.1}\"/>"
        ));
    }

    /// A line across at share `y` and its number.
    fn level(&mut self, y: f64, label: &str) {
        self.line([LEFT, y, WIDTH - RIGHT, y], "grid");
        self.text([LEFT - 8.0, y + 4.5], "end", "", label);
    }

    /// A line down and its number.
    fn column(&mut self, x: f64, label: &str) {
        self.line([x, TOP, x, HEIGHT - BOTTOM], "grid");
        self.text([x, HEIGHT - BOTTOM + 18.0], "middle", "", label);
    }

    fn below(&mut self, Both(zh, en): Both) {
        let middle = [(LEFT + WIDTH - RIGHT) / 2.0, HEIGHT - 12.0];
        self.text(middle, "middle", "", &format!("{zh} · {en}"));
    }

    fn end(mut self) -> String {
        self.0.push_str("</svg>");
        self.0
    }
}

fn percent(share: f64) -> String {
    format!("{} %", (share * 1e4).round() / 100.0)
}

/// Two histograms over each other, each as shares of its own total. `names` are those of the
/// scores that should be high and of those that should be low.
pub(super) fn histograms(
    [own, other]: [&Histogram; 2],
    names: [Both; 2],
    axis: Both,
    marks: &[Mark],
) -> String {
    let shares = |h: &Histogram| -> Vec<f64> {
        let total = h.total().max(1) as f64;
        h.counts.iter().map(|count| *count as f64 / total).collect()
    };
    let both = [shares(own), shares(other)];
    let highest = both.iter().flatten().copied().fold(0.0, f64::max).max(0.01);
    let step =
        [0.01, 0.02, 0.05, 0.1, 0.2].into_iter().find(|s| highest / s <= 5.0).unwrap_or(0.25);
    let highest = (highest / step).ceil() * step;
    let (from, to) = (f64::from(own.from), f64::from(own.to));
    let x = |score: f64| LEFT + (score - from) / (to - from) * (WIDTH - LEFT - RIGHT);
    let y = |share: f64| HEIGHT - BOTTOM - share / highest * (HEIGHT - BOTTOM - TOP);
    let mut drawing = Drawing::new(Both("分数分布", "Distribution of scores"));
    for level in 0..=(highest / step).round() as usize {
        let share = level as f64 * step;
        drawing.level(y(share), &percent(share));
    }
    for tenth in (from * 10.0).round() as i32..=(to * 10.0).round() as i32 {
        if tenth % 2 == 0 {
            let score = f64::from(tenth) / 10.0;
            drawing.column(x(score), &format!("{score:.1}"));
        }
    }
    let width = (to - from) / both[0].len() as f64;
    for ((shares, class), (name, at)) in
        both.iter().zip(["own", "other"]).zip(names.iter().zip([LEFT, LEFT + 400.0]))
    {
        if shares.iter().all(|share| *share == 0.0) {
            continue;
        }
        drawing.add(format_args!("<path class=\"{class}\" d=\"M{:.1} {:.1}", x(from), y(0.0)));
        for (bin, share) in shares.iter().enumerate() {
            let left = x(from + bin as f64 * width);
            drawing.add(format_args!("L{left:.1} {:.1}h{:.1}", y(*share), x(width) - x(0.0)));
        }
        drawing.add(format_args!("L{:.1} {:.1}Z\"/>", x(to), y(0.0)));
        drawing.add(format_args!(
            "<rect class=\"{class}\" x=\"{at}\" y=\"8\" width=\"18\" height=\"12\"/>"
        ));
        drawing.text([at + 25.0, 19.0], "start", "", &format!("{} · {}", name.0, name.1));
    }
    for (nth, mark) in marks.iter().enumerate() {
        let at = x(f64::from(mark.at).clamp(from, to));
        drawing.line([at, TOP - 8.0, at, HEIGHT - BOTTOM], "mark");
        let down = TOP + 6.0 + 17.0 * nth as f64;
        let (place, anchor) =
            if at > WIDTH * 0.75 { (at - 5.0, "end") } else { (at + 5.0, "start") };
        drawing.text([place, down], anchor, "marked", &mark.label);
    }
    drawing.below(axis);
    drawing.end()
}

/// Lines over logarithmic axes from [`SHARE_MIN`] to 1, as a DET curve (ISO/IEC 19795-1). The
/// nearer to the lower left corner, the better.
pub(super) fn trade_off(lines: &[Line], below: Both, aside: Both) -> String {
    let place = |share: f64| 1.0 - share.clamp(SHARE_MIN, 1.0).log10() / SHARE_MIN.log10();
    let x = |share: f64| LEFT + place(share) * (WIDTH - LEFT - RIGHT);
    let y = |share: f64| HEIGHT - BOTTOM - place(share) * (HEIGHT - BOTTOM - TOP);
    let mut drawing = Drawing::new(Both("DET 曲线", "DET curve"));
    for share in [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0] {
        drawing.level(y(share), &percent(share));
        drawing.column(x(share), &percent(share));
    }
    for (nth, line) in lines.iter().enumerate() {
        drawing.add(format_args!("<path class=\"line {}\" d=\"", line.class));
        let mut before = None;
        for [across, up] in &line.points {
            let at = (format!("{:.1}", x(*across)), format!("{:.1}", y(*up)));
            if before.as_ref() != Some(&at) {
                let verb = if before.is_none() { "M" } else { "L" };
                drawing.add(format_args!("{verb}{} {}", at.0, at.1));
                before = Some(at);
            }
        }
        drawing.add(format_args!("\"/>"));
        let at = WIDTH / 2.0 - 60.0 + 270.0 * nth as f64;
        drawing.line([at, 14.0, at + 30.0, 14.0], &format!("line {}", line.class));
        let name = format!("{} · {}", line.name.0, line.name.1);
        drawing.text([at + 37.0, 19.0], "start", "", &name);
    }
    drawing.text([4.0, 19.0], "start", "", &format!("↑ {} · {}", aside.0, aside.1));
    drawing.below(below);
    drawing.end()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_stay_inside_their_frame_whatever_the_shares() {
        let points = vec![[0.0, 1.0], [1e-9, 0.5], [1e-9, 0.5], [0.03, 0.0], [1.0, 0.0]];
        let line = Line { class: "ours", name: Both("甲", "a"), points };
        let svg = trade_off(&[line], Both("下", "x"), Both("上", "y"));
        // The two points below the least share fall on the left edge; equal ones are drawn once.
        assert!(svg.contains("d=\"M62.0 44.0L62.0 70.5L"), "{svg}");
        assert!(svg.contains("L902.0 308.0\"/>"), "{svg}");
        assert_eq!(svg.matches("<text").count(), 7 * 2 + 3);
    }

    #[test]
    fn histograms_are_drawn_as_shares_of_their_own_total() {
        let own = Histogram::of_probabilities([0.99; 7].into_iter());
        let other = Histogram::of_probabilities([0.0].into_iter());
        let marks = [Mark { at: 0.3, label: "here".into() }];
        let names = [Both("真", "real"), Both("假", "fake")];
        let svg = histograms([&own, &other], names, Both("分", "score"), &marks);
        // Both reach the top of the frame, in the last and in the first bin.
        assert!(svg.contains("L884.5 44.0h17.5L902.0 308.0Z"), "{svg}");
        assert!(svg.contains("M62.0 308.0L62.0 44.0h17.5"), "{svg}");
        assert!(svg.contains(">here</text>"));
        let none = Histogram::of_probabilities(std::iter::empty());
        let svg = histograms([&none, &none], names, Both("分", "score"), &[]);
        assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
    }
}
