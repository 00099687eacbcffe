//! A workbook for Excel and WPS: title, table with sums as formulas, notes, places to sign; ready
//! to be printed on A4.
//!
//! Sums are formulas with their results stored beside them, so that programs which do not compute
//! (previews, other libraries) show them too. Words are always strings and never formulas.

use super::Report;
use super::table::{Cell, Column, Form, Table};
use rust_xlsxwriter::utility::row_col_to_cell;
use rust_xlsxwriter::{
    DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder, Formula, Workbook, Worksheet,
    XlsxError,
};

/// Paper of Chinese offices, by Excel's number.
const A4: u8 = 9;
/// Narrowest and widest column, in characters.
const WIDTH_CHARS: std::ops::RangeInclusive<usize> = 6..=36;
/// Characters of a heading that stand in one line; longer ones are broken.
const HEADING_LINE_CHARS: usize = 10;
/// Rows above the table: title and subtitle.
const HEADING_ROW: u32 = 2;
/// Margins in inches: left, right, top, bottom, header, footer.
const MARGINS: [f64; 6] = [0.4, 0.4, 0.6, 0.6, 0.3, 0.3];
/// A sans-serif that Excel and WPS have in China.
const FONT: &str = "微软雅黑";
const INK: u32 = 0x0B4F4A;
const SHADE: u32 = 0xE3EFEC;
const LINE: u32 = 0x9DB5B0;

/// How cells look, made once.
struct Looks {
    title: Format,
    subtitle: Format,
    heading: Format,
    text: Format,
    count: Format,
    number: Format,
    yuan: Format,
    date: Format,
    time: Format,
    note: Format,
}

impl Looks {
    fn new() -> Self {
        let font = |size: f64| Format::new().set_font_name(FONT).set_font_size(size);
        let cell = || {
            font(10.0)
                .set_border(FormatBorder::Thin)
                .set_border_color(LINE)
                .set_align(FormatAlign::VerticalCenter)
        };
        Looks {
            title: font(18.0)
                .set_bold()
                .set_font_color(INK)
                .set_align(FormatAlign::Center)
                .set_align(FormatAlign::VerticalCenter),
            subtitle: font(9.0)
                .set_align(FormatAlign::Center)
                .set_align(FormatAlign::VerticalCenter),
            heading: cell()
                .set_bold()
                .set_font_color(0xFFFFFFu32)
                .set_background_color(INK)
                .set_align(FormatAlign::Center)
                .set_text_wrap(),
            text: cell().set_text_wrap(),
            count: cell().set_num_format("#,##0"),
            number: cell().set_num_format("0").set_align(FormatAlign::Center),
            yuan: cell().set_num_format("#,##0.00"),
            date: cell().set_num_format("yyyy-mm-dd").set_align(FormatAlign::Center),
            time: cell().set_num_format("hh:mm:ss").set_align(FormatAlign::Center),
            note: font(9.0).set_text_wrap().set_align(FormatAlign::VerticalCenter),
        }
    }

    fn of(&self, column: &Column) -> &Format {
        match column.form {
            Form::Text | Form::Entries => &self.text,
            Form::Count if column.summed => &self.count,
            Form::Count => &self.number,
            Form::Yuan => &self.yuan,
            Form::Date => &self.date,
            Form::Time => &self.time,
        }
    }

    fn sum(&self, column: &Column) -> Format {
        self.of(column).clone().set_bold().set_background_color(SHADE)
    }
}

/// The bytes of the workbook.
pub(super) fn workbook(report: &Report) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    let (year, month, day) = (report.made.year(), report.made.month(), report.made.day());
    let made =
        ExcelDateTime::from_ymd(year.unsigned_abs(), month.unsigned_abs(), day.unsigned_abs())?;
    book.set_properties(
        &DocProperties::new()
            .set_title(report.heading())
            .set_author(&report.site.name)
            .set_creation_datetime(&made),
    );
    let looks = Looks::new();
    let sheet = book.add_worksheet();
    sheet.set_name(report.kind.title())?;
    set_up_page(sheet, report)?;
    let last_column = (report.table.columns().len() - 1) as u16;
    sheet.set_row_height(0, 32)?;
    sheet.merge_range(0, 0, 0, last_column, &report.heading(), &looks.title)?;
    let site = &report.site;
    let subtitle = format!(
        "{} {}　食堂编码 {}　统计期 {} 至 {}　金额单位：元",
        site.county,
        site.street,
        site.device,
        report.period.from(),
        report.period.to()
    );
    sheet.merge_range(1, 0, 1, last_column, &subtitle, &looks.subtitle)?;
    let below = write_table(sheet, &report.table, &looks)?;
    let signatures =
        "制表人：　　　　　　　　复核人：　　　　　　　　单位负责人（盖章）：".to_owned();
    let closing = [report.basis_text(), signatures];
    for (row, note) in (below + 1..).zip(report.notes.iter().chain(&closing)) {
        sheet.merge_range(row, 0, row, last_column, note, &looks.note)?;
        sheet.set_row_height(row, 18)?;
    }
    book.save_to_buffer()
}

fn set_up_page(sheet: &mut Worksheet, report: &Report) -> Result<(), XlsxError> {
    let [left, right, top, bottom, header, footer] = MARGINS;
    sheet
        .set_paper_size(A4)
        .set_landscape()
        .set_print_fit_to_pages(1, 0)
        .set_print_center_horizontally(true)
        .set_margins(left, right, top, bottom, header, footer)
        // An ampersand in a name is doubled, because it begins a code here.
        .set_footer(format!("&L{}&R第 &P 页　共 &N 页", report.site.name.replace('&', "&&")))
        .set_screen_gridlines(false);
    sheet.set_repeat_rows(HEADING_ROW, HEADING_ROW)?;
    sheet.set_freeze_panes(HEADING_ROW + 1, 0)?;
    Ok(())
}

/// Writes headings, rows and sums; gives the row after them.
fn write_table(sheet: &mut Worksheet, table: &Table, looks: &Looks) -> Result<u32, XlsxError> {
    let columns = table.columns();
    let lines = columns.iter().map(|c| width(c.heading).div_ceil(HEADING_LINE_CHARS)).max();
    sheet.set_row_height(HEADING_ROW, 16.0 * lines.unwrap_or(1) as f64 + 6.0)?;
    for (at, column) in (0u16..).zip(columns) {
        sheet.write_string_with_format(HEADING_ROW, at, column.heading, &looks.heading)?;
        sheet.set_column_width(at, column_width(table, usize::from(at)) as f64)?;
    }
    let first = HEADING_ROW + 1;
    let mut row = first;
    for cells in table.rows() {
        for ((at, cell), column) in (0u16..).zip(cells).zip(columns) {
            write_cell(sheet, row, at, cell, looks.of(column))?;
        }
        row += 1;
    }
    if !table.has_sums() || row == first {
        return Ok(row);
    }
    let labelled = columns.iter().position(|c| !c.summed);
    for (at, column) in (0u16..).zip(columns) {
        let look = looks.sum(column);
        match table.sum(usize::from(at)) {
            Some(sum) => {
                let (top, end) = (row_col_to_cell(first, at), row_col_to_cell(row - 1, at));
                let formula = Formula::new(format!("=SUM({top}:{end})")).set_result(sum.shown());
                sheet.write_formula_with_format(row, at, formula, &look)?;
            }
            None if labelled == Some(usize::from(at)) => {
                sheet.write_string_with_format(row, at, "合计", &look)?;
            }
            None => {
                sheet.write_blank(row, at, &look)?;
            }
        }
    }
    Ok(row + 1)
}

fn write_cell(
    sheet: &mut Worksheet,
    row: u32,
    at: u16,
    cell: &Cell,
    look: &Format,
) -> Result<(), XlsxError> {
    match cell {
        Cell::Empty => sheet.write_blank(row, at, look)?,
        Cell::Text(text) => sheet.write_string_with_format(row, at, text, look)?,
        Cell::Count(n) => sheet.write_number_with_format(row, at, *n as f64, look)?,
        // A double holds every amount below 90 million million yuan to the fen.
        Cell::Fen(fen) => sheet.write_number_with_format(row, at, *fen as f64 / 100.0, look)?,
        Cell::Less(fen) => sheet.write_number_with_format(row, at, -(*fen as f64) / 100.0, look)?,
        Cell::Date(date) => {
            let (year, month, day) = (date.year(), date.month(), date.day());
            match ExcelDateTime::from_ymd(
                year.unsigned_abs(),
                month.unsigned_abs(),
                day.unsigned_abs(),
            ) {
                Ok(date) => sheet.write_datetime_with_format(row, at, date, look)?,
                // Excel has no days before 1900.
                Err(_) => sheet.write_string_with_format(row, at, cell.shown(), look)?,
            }
        }
        Cell::Time(time) => {
            let part = |n: i8| u16::from(n.unsigned_abs());
            let time = ExcelDateTime::from_hms(
                part(time.hour()),
                time.minute().unsigned_abs(),
                part(time.second()),
            )?;
            sheet.write_datetime_with_format(row, at, time, look)?
        }
        Cell::Entries(_) => sheet.write_string_with_format(row, at, cell.shown(), look)?,
    };
    Ok(())
}

/// Wide enough for what stands in the column, within bounds.
fn column_width(table: &Table, at: usize) -> usize {
    let heading = width(table.columns()[at].heading).min(HEADING_LINE_CHARS);
    let cells = table.rows().iter().map(|row| width(&row[at].shown()));
    let sum = table.sum(at).map_or(0, |sum| width(&sum.shown()));
    let widest = cells.chain([heading, sum]).max().unwrap_or(heading);
    (widest + 2).clamp(*WIDTH_CHARS.start(), *WIDTH_CHARS.end())
}

/// Width of a text in characters of a spreadsheet; Chinese ones take two.
fn width(text: &str) -> usize {
    text.chars().map(|c| if c < '\u{2E80}' { 1 } else { 2 }).sum()
}
