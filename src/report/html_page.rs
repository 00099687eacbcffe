//! One page to read and to print on A4, with nothing to be loaded: title, figures, chart, table,
//! notes, places to sign.

use super::html_parts::{Page, chart, ladder};
use super::table::{Cell, Column, Form};
use super::{Kind, Report, area};

/// The style; also decides how the page is cut on paper.
const STYLE: &str = include_str!("page.css");

/// Columns from which the table is set small, so that it fits across A4.
const WIDE_COLUMNS_MIN: usize = 16;

pub(super) fn page(report: &Report) -> String {
    let mut page = Page::new();
    page.raw("<!DOCTYPE html>\n<html lang=\"zh-CN\"><head><meta charset=\"utf-8\">");
    page.raw("<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><title>");
    page.text(&report.heading()).raw("</title><style>").raw(STYLE).raw("</style></head><body>");
    head(&mut page, report);
    figures(&mut page, report);
    if let Some(steps) = &report.ladder {
        ladder(&mut page, steps);
    }
    if report.kind != Kind::Roster {
        chart(&mut page, &report.chart);
    }
    table(&mut page, report);
    foot(&mut page, report);
    page.raw("</body></html>\n");
    page.finish()
}

fn head(page: &mut Page, report: &Report) {
    let site = &report.site;
    page.raw("<header><div><p class=\"over\">").text(&site.county).raw("　").text(&site.street);
    page.raw("</p><h1>").raw(report.kind.title()).raw(" <small>");
    page.text(&report.period.chinese()).raw("</small></h1></div><dl>");
    let (from, to) = (report.period.from().to_string(), report.period.to().to_string());
    let facts: [(&'static str, &[&str]); 4] = [
        ("食堂名称", &[&site.name]),
        ("食堂编码", &[&site.device]),
        ("城区/农村", &[area(site.area)]),
        ("统计期", &[&from, " 至 ", &to]),
    ];
    for (label, value) in facts {
        page.raw("<div><dt>").raw(label).raw("</dt><dd>");
        value.iter().for_each(|part| {
            page.text(part);
        });
        page.raw("</dd></div>");
    }
    page.raw("</dl></header>");
}

fn figures(page: &mut Page, report: &Report) {
    page.raw("<section class=\"figures\">");
    for figure in &report.figures {
        page.raw("<div><span>").raw(figure.label).raw("</span><b>").text(&figure.value);
        page.raw("</b><i>").raw(figure.unit).raw("</i></div>");
    }
    page.raw("</section>");
}

fn table(page: &mut Page, report: &Report) {
    let table = &report.table;
    let wide = table.columns().len() >= WIDE_COLUMNS_MIN;
    page.raw(if wide { "<table class=\"wide " } else { "<table class=\"" });
    page.raw(report.kind.code()).raw("\">");
    page.raw("<thead><tr>");
    for column in table.columns() {
        page.raw("<th class=\"").raw(class(column)).raw("\">").raw(column.heading).raw("</th>");
    }
    page.raw("</tr></thead><tbody>");
    for row in table.rows() {
        page.raw("<tr>");
        for (cell, column) in row.iter().zip(table.columns()) {
            cell_of(page, class(column), cell);
        }
        page.raw("</tr>\n");
    }
    page.raw("</tbody>");
    if table.has_sums() && table.rows().len() > 1 {
        // In the body, because a browser repeats a table's foot on every page of paper.
        page.raw("<tbody class=\"sum\"><tr>");
        let label = table.columns().iter().position(|c| !c.summed);
        for (at, column) in table.columns().iter().enumerate() {
            let sum = table
                .sum(at)
                .unwrap_or_else(|| Cell::text(if label == Some(at) { "合计" } else { "" }));
            cell_of(page, class(column), &sum);
        }
        page.raw("</tr></tbody>");
    }
    page.raw("</table>");
}

fn cell_of(page: &mut Page, class: &'static str, cell: &Cell) {
    page.raw("<td class=\"").raw(class).raw("\">").text(&cell.shown()).raw("</td>");
}

fn class(column: &Column) -> &'static str {
    match column.form {
        Form::Yuan => "r",
        Form::Count if column.summed => "r",
        Form::Count | Form::Date | Form::Time => "c",
        Form::Text => "t",
        Form::Entries => "e",
    }
}

fn foot(page: &mut Page, report: &Report) {
    page.raw("<footer><ul>");
    for note in &report.notes {
        page.raw("<li>").text(note).raw("</li>");
    }
    page.raw("<li>").text(&report.basis_text()).raw("</li></ul><div class=\"sign\">");
    page.raw(
        "<span>制表人</span><span>复核人</span><span>单位负责人（盖章）</span></div></footer>",
    );
}
