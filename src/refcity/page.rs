//! The page for the city's side.

use super::report::{AlarmRow, DeviceRow, EpochRow, Report};
use crate::city::wire::suite::PublicKey;
use crate::domain::money::Fen;
use crate::html::escape;
use std::fmt::Write as _;

/// Colours and sizes; no script, no font from elsewhere.
const STYLE: &str = "\
:root{--ink:#1d2733;--soft:#5b6b7b;--line:#dde3ea;--paper:#f6f8fa;--accent:#0b6e6e;--warn:#b3420e}\
*{box-sizing:border-box}body{margin:0;background:var(--paper);color:var(--ink);\
font:16px/1.5 'Noto Sans CJK SC','PingFang SC','Microsoft YaHei',sans-serif}\
header{background:var(--accent);color:#fff;padding:20px 32px}h1{margin:0;font-size:24px}\
header p{margin:4px 0 0;opacity:.85;font-size:14px}\
main{max-width:1360px;margin:24px auto;padding:0 24px}\
.sums{display:grid;grid-template-columns:repeat(auto-fit,minmax(160px,1fr));gap:16px}\
.sums div,section{background:#fff;border:1px solid var(--line);border-radius:10px}\
.sums div{padding:16px}.sums b{display:block;font-size:28px}.sums span{color:var(--soft)}\
section{margin-top:24px;padding:16px 20px;overflow-x:auto}h2{font-size:18px;margin:0 0 8px}\
table{width:100%;border-collapse:collapse}th{text-align:left;color:var(--soft);font-weight:500}\
th,td{padding:8px 12px 8px 0;border-top:1px solid var(--line);white-space:nowrap}\
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}.warn{color:var(--warn);font-weight:600}\
code{font:13px ui-monospace,monospace}.none{color:var(--soft)}";

/// The whole page.
pub(super) fn render(report: &Report, key: &PublicKey) -> String {
    let mut html = format!(
        "<!doctype html><html lang=\"zh\"><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\">\
         <meta http-equiv=\"refresh\" content=\"30\"><title>市级平台(参考实现)</title>\
         <style>{STYLE}</style><header><h1>市级智慧养老平台 · 参考实现</h1>\
         <p>平台公钥指纹 <code>{}</code></p></header><main>",
        key.fingerprint()
    );
    sums(&mut html, report);
    let alarms: Vec<_> = report.alarms.iter().map(alarm).collect();
    let heads = ["设备", "内容", "#次数", "首次", "最近"];
    table(&mut html, "告警", &heads, &alarms, "没有告警");
    let devices: Vec<_> = report.devices.iter().map(device).collect();
    let heads = [
        "设备",
        "#最近批次",
        "#最近记录",
        "收到时间",
        "#补贴人次",
        "#待核",
        "#重复",
        "#市级(元)",
        "#区级(元)",
        "#告警",
        "注册时间",
        "公钥指纹",
    ];
    table(&mut html, "设备与结算", &heads, &devices, "尚无设备注册");
    if !report.epochs.is_empty() {
        let epochs: Vec<_> = report.epochs.iter().map(epoch).collect();
        let heads =
            ["设备", "#期", "注册时间", "公钥指纹", "接续自", "#最近记录", "仅平台持有的记录"];
        table(&mut html, "注册期(重新注册的设备)", &heads, &epochs, "");
    }
    let duplicates: Vec<_> = report
        .duplicates
        .iter()
        .map(|d| [&d.date, &d.elder, &d.rejected, &d.kept].map(|text| cell(text)).to_vec())
        .collect();
    let heads = ["日期", "老人编号", "不予补贴", "保留"];
    table(&mut html, "重复就餐", &heads, &duplicates, "没有重复");
    html + "</main></html>"
}

fn sums(html: &mut String, report: &Report) {
    let tiles = [
        (report.meals.to_string(), "补贴人次(已定)"),
        (report.pending.to_string(), "待核"),
        (yuan(report.city_fen), "市级补贴(元)"),
        (yuan(report.district_fen), "区级补贴(元)"),
        (report.entries.to_string(), "已收记录"),
        (report.elders.to_string(), "在册老人"),
    ];
    html.push_str("<div class=\"sums\">");
    for (value, what) in tiles {
        write!(html, "<div><b>{value}</b><span>{what}</span></div>")
            .expect("text takes all writes");
    }
    html.push_str("</div>");
}

/// An amount in yuan.
fn yuan(fen: i64) -> String {
    u32::try_from(fen).map_or_else(|_| "—".to_owned(), |fen| Fen::new(fen).to_string())
}

/// A time without its offset, which is the same for all.
fn time(text: &str) -> String {
    cell(&text.trim_end_matches("+08:00").replace('T', " "))
}

fn device(row: &DeviceRow) -> Vec<String> {
    let alarms =
        if row.alarms == 0 { number(0) } else { format!("<td class=\"n warn\">{}", row.alarms) };
    vec![
        cell(&row.device),
        number(row.last_batch),
        number(row.last_entry),
        time(row.received_at.as_deref().unwrap_or("—")),
        number(row.meals),
        number(row.pending),
        number(row.rejected),
        format!("<td class=\"n\">{}", yuan(row.city_fen)),
        format!("<td class=\"n\">{}", yuan(row.district_fen)),
        alarms,
        time(&row.enrolled_at),
        key(&row.key_id),
    ]
}

/// Enough of a fingerprint to tell keys apart; the whole one is compared when a device enrols.
fn key(id: &str) -> String {
    format!("<td><code title=\"{0}\">{0:.9}…</code>", escape(id))
}

fn epoch(row: &EpochRow) -> Vec<String> {
    let trunk = match row.trunk {
        0 => "—".to_owned(),
        trunk => format!("第{trunk}期第{}条", row.shared),
    };
    let only = match row.only_here {
        None => cell("—"),
        Some((first, last)) => format!("<td class=\"warn\">第{first}至{last}条"),
    };
    vec![
        cell(&row.device),
        format!("<td class=\"n\">{}", row.epoch),
        time(&row.began_at),
        key(&row.key_id),
        cell(&trunk),
        format!("<td class=\"n\">{}", row.last),
        only,
    ]
}

fn alarm(row: &AlarmRow) -> Vec<String> {
    let what = match row.what.as_str() {
        "gap" => "批次不连续",
        "replay" => "请求被重放",
        "epoch" => "已被取代的设备或旧密钥仍在上传",
        _ => "与已收内容冲突(旧备份恢复,或两台设备共用密钥)",
    };
    let what = format!("<td class=\"warn\">{what}");
    vec![cell(&row.device), what, number(row.times), time(&row.first_at), time(&row.last_at)]
}

fn number(value: i64) -> String {
    format!("<td class=\"n\">{value}")
}

fn cell(text: &str) -> String {
    format!("<td>{}", escape(text))
}

fn table(html: &mut String, title: &str, heads: &[&str], rows: &[Vec<String>], none: &str) {
    write!(html, "<section><h2>{title}</h2>").expect("text takes all writes");
    if rows.is_empty() {
        write!(html, "<p class=\"none\">{none}</p></section>").expect("text takes all writes");
        return;
    }
    html.push_str("<table><tr>");
    // A heading that begins with # stands over numbers.
    for head in heads {
        let (class, text) = match head.strip_prefix('#') {
            Some(text) => (" class=\"n\"", text),
            None => ("", *head),
        };
        write!(html, "<th{class}>{text}").expect("text takes all writes");
    }
    for row in rows {
        html.push_str("<tr>");
        row.iter().for_each(|cell| html.push_str(cell));
    }
    html.push_str("</table></section>");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::city::wire::suite::SigningKey;

    #[test]
    fn what_came_from_outside_is_text_on_the_page() {
        let report = Report {
            devices: vec![DeviceRow {
                device: "<script>".into(),
                key_id: "ab".into(),
                enrolled_at: "2026".into(),
                last_batch: 3,
                last_entry: 90,
                received_at: None,
                meals: 2,
                pending: 1,
                rejected: 0,
                city_fen: 450,
                district_fen: 400,
                alarms: 1,
            }],
            epochs: vec![],
            alarms: vec![],
            duplicates: vec![],
            elders: 0,
            entries: 0,
            meals: 2,
            pending: 0,
            city_fen: 450,
            district_fen: 400,
        };
        let key = SigningKey::from_seed(&[1; 32]).unwrap();
        let html = render(&report, key.public());
        assert!(html.contains("&lt;script&gt;") && !html.contains("<script>"), "{html}");
        assert!(html.contains("<b>4.50</b>") && html.contains("没有告警"));
        assert!(html.contains(&key.public().fingerprint()));
    }
}
