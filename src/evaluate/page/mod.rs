//! Reports as one self-contained page: Chinese first, English beside it.
//!
//! 1. A page loads nothing and runs nothing: no script, no link, styles and drawings inside; its
//!    content policy forbids the rest.
//! 2. Every text that comes from outside, such as the name of a folder, is escaped.
//! 3. It says what the figures do not show, on the page itself.

mod chart;
mod liveness;
mod search;

use super::folder::Problems;
use super::interval::Share;
use crate::html;
pub use liveness::liveness;
pub use search::search;
use std::fmt::Write as _;

/// One text in both languages.
#[derive(Clone, Copy)]
struct Both(&'static str, &'static str);

/// A page under construction; everything added is markup, so text is escaped before.
struct Page(String);

impl Page {
    fn new(title: Both, lead: Both, model: Option<&str>) -> Self {
        let mut page = Page(String::with_capacity(64 * 1024));
        let style = include_str!("style.css");
        page.add(format_args!(
            "<!doctype html>\n<html lang=\"zh-CN\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta http-equiv=\"Content-Security-Policy\" \
             content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <title>{} · {}</title>\n<style>\n{style}</style>\n</head>\n<body>\n<header>\n\
             <p class=\"mark\">canteend · 幸福食堂</p>\n<h1>{} <small lang=\"en\">{}</small></h1>\n",
            title.0, title.1, title.0, title.1
        ));
        page.add(format_args!("{}", paragraph("lead", lead)));
        if let Some(model) = model {
            let model = escape(model);
            page.add(format_args!(
                "<p class=\"model\">模型 <i lang=\"en\">Model</i> <code>{model}</code></p>\n"
            ));
        }
        page.add(format_args!("</header>\n<main>\n"));
        page
    }

    fn add(&mut self, markup: std::fmt::Arguments<'_>) {
        self.0.write_fmt(markup).expect("writing to a string does not fail");
    }

    fn section(&mut self, title: Both, note: Option<Both>) {
        self.add(format_args!("<h2>{} <small lang=\"en\">{}</small></h2>\n", title.0, title.1));
        if let Some(note) = note {
            self.add(format_args!("{}", paragraph("note", note)));
        }
    }

    fn cards(&mut self, cards: &[Card]) {
        self.add(format_args!("<div class=\"cards\">\n"));
        for Card { name, value, below, tone } in cards {
            let (zh, en) = (name.0, name.1);
            self.add(format_args!(
                "<div class=\"card {tone}\"><p class=\"name\">{zh}<br><small lang=\"en\">{en}\
                 </small></p><p class=\"value\">{value}</p><p class=\"below\">{below}</p></div>\n"
            ));
        }
        self.add(format_args!("</div>\n"));
    }

    /// A table of ready markup; the first column is a row's name.
    fn table(&mut self, head: &[Both], rows: &[Vec<String>]) {
        self.add(format_args!("<div class=\"wide\"><table>\n<thead><tr>"));
        for Both(zh, en) in head {
            self.add(format_args!("<th>{zh}<br><small lang=\"en\">{en}</small></th>"));
        }
        self.add(format_args!("</tr></thead>\n<tbody>\n"));
        for row in rows {
            self.add(format_args!("<tr>"));
            for (column, cell) in row.iter().enumerate() {
                let tag = if column == 0 { "th" } else { "td" };
                self.add(format_args!("<{tag}>{cell}</{tag}>"));
            }
            self.add(format_args!("</tr>\n"));
        }
        self.add(format_args!("</tbody></table></div>\n"));
    }

    fn figure(&mut self, drawing: &str, caption: Both) {
        let (zh, en) = (caption.0, caption.1);
        self.add(format_args!(
            "<figure>{drawing}<figcaption>{zh}<br><span lang=\"en\">{en}</span></figcaption>\
             </figure>\n"
        ));
    }

    fn list(&mut self, items: &[Both]) {
        self.add(format_args!("<ul class=\"limits\">\n"));
        for Both(zh, en) in items {
            self.add(format_args!("<li>{zh}<br><span lang=\"en\">{en}</span></li>\n"));
        }
        self.add(format_args!("</ul>\n"));
    }

    fn problems(&mut self, problems: &Problems) {
        if problems.count == 0 {
            return;
        }
        let title = Both("被跳过的文件", "Skipped");
        self.section(title, Some(Both("以下文件未计入任何数字。", "No figure includes these.")));
        let named = problems.named.iter().map(|p| vec![escape(&p.path), escape(&p.reason)]);
        let mut rows: Vec<_> = named.collect();
        let others = problems.count - problems.named.len();
        if others > 0 {
            rows.push(vec!["…".into(), format!("另有 {others} 个 · {others} more")]);
        }
        self.table(&[Both("文件", "File"), Both("原因", "Reason")], &rows);
    }

    fn end(mut self) -> String {
        self.add(format_args!("</main>\n</body>\n</html>\n"));
        self.0
    }
}

/// One figure in large type; `value` and `below` are markup.
struct Card {
    name: Both,
    value: String,
    below: String,
    /// Class of the card: `good`, `bad`, or none.
    tone: &'static str,
}

impl Card {
    fn of(name: Both, share: Share, tone: &'static str) -> Self {
        let (value, below) = (rate(share), bounds(share));
        Card { name, value, below, tone }
    }
}

fn paragraph(class: &str, Both(zh, en): Both) -> String {
    format!("<p class=\"{class}\">{zh}<br><span lang=\"en\">{en}</span></p>\n")
}

fn rate(share: Share) -> String {
    share.rate.map_or("—".into(), |rate| format!("{:.1}<small> %</small>", rate * 100.0))
}

fn bounds(share: Share) -> String {
    let Share { count, of, low, high, .. } = share;
    match of {
        0 => "0".into(),
        _ => format!("{count} / {of} · {:.1}–{:.1} %", low * 100.0, high * 100.0),
    }
}

/// A share in a cell of a table.
fn cell(share: Share) -> String {
    let bounds = bounds(share).replace(" · ", "<br>");
    format!("<b>{}</b><br><small>{bounds}</small>", rate(share))
}

/// Text as it can stand in an element or an attribute. Control characters and marks that turn the
/// direction of text would let a name pose as another.
fn escape(text: &str) -> String {
    let poses =
        |c: char| c.is_control() || matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    html::escape(&text.replace(poses, "\u{FFFD}")).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_become_markup() {
        let cases = [
            ("王五", "王五"),
            ("<script>alert('x')</script>", "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;"),
            ("a\" onload=\"b & c", "a&quot; onload=&quot;b &amp; c"),
            ("a\u{202E}b\nc\0", "a\u{FFFD}b\u{FFFD}c\u{FFFD}"),
        ];
        for (text, expected) in cases {
            assert_eq!(escape(text), expected);
        }
    }

    #[test]
    fn a_page_loads_nothing_and_closes_what_it_opens() {
        let mut page = Page::new(Both("题", "Title"), Both("甲", "a"), Some("<m>"));
        page.section(Both("一", "One"), None);
        page.table(&[Both("名", "Name")], &[vec![escape("<b>")]]);
        page.list(&[Both("二", "two")]);
        let mut problems = Problems::default();
        (0..120).for_each(|n| problems.add(std::path::Path::new("<p>"), n));
        page.problems(&problems);
        let html = page.end();
        for tag in ["html", "body", "main", "header", "table", "tr", "td", "th", "ul", "li", "p"] {
            let opened = html.matches(&format!("<{tag}>")).count()
                + html.matches(&format!("<{tag} ")).count();
            assert_eq!(opened, html.matches(&format!("</{tag}>")).count(), "{tag}");
        }
        assert!(html.contains("另有 20 个 · 20 more"));
        for loads in ["<script", "src=", "href=", "url(", "@import"] {
            assert!(!html.contains(loads), "{loads}");
        }
    }
}
