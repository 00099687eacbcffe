//! The acceptance as one self-contained page, Chinese first: for the folder of the site.
//!
//! It loads nothing and runs nothing; every text from outside is escaped.

use super::{Outcome, Report};
use crate::doctor::Verdict;
use crate::html::escape;
use std::fmt::Write as _;

const STYLE: &str = "body{font:16px/1.5 'Noto Sans CJK SC',sans-serif;max-width:60em;margin:2em \
auto;padding:0 1em;color:#1b1b1b}h1{font-size:1.6em}h2{font-size:1.2em;margin-top:2em}\
small{color:#666;font-weight:normal}table{border-collapse:collapse;width:100%}\
td,th{text-align:left;vertical-align:top;padding:.4em .6em;border-bottom:1px solid #ccc}\
.good{color:#14652b}.middling{color:#8a5a00}.bad{color:#a11212;font-weight:bold}\
.sign td{height:3em}@media print{body{margin:0}}";

/// The page. `fingerprint` is that of the key that signed the report beside it.
pub fn html(report: &Report, fingerprint: Option<&str>) -> String {
    let (class, verdict) = match report.passed {
        true => ("good", "通过 <small>passed</small>"),
        false => ("bad", "未通过 <small>not passed</small>"),
    };
    let mut page = format!(
        "<!doctype html>\n<html lang=\"zh-CN\"><head><meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src \
         'unsafe-inline'\">\n<title>现场验收 {device}</title>\n<style>{STYLE}</style></head><body>\n\
         <h1>现场验收报告 <small>site acceptance</small></h1>\n\
         <p>{canteen}({device}),{at},canteend {version}</p>\n\
         <p class=\"{class}\">结论:{verdict}</p>\n",
        device = escape(&report.device),
        canteen = escape(&report.canteen),
        at = escape(&report.at),
        version = report.version,
    );
    page += "<h2>现场试验 <small>tried on the spot</small></h2>\n<table>\n";
    for tried in &report.steps {
        let (class, word) = match tried.outcome {
            Outcome::Passed => ("good", "通过"),
            Outcome::Failed => ("bad", "未通过"),
            Outcome::Skipped => ("middling", "未做"),
        };
        let (chinese, english) = tried.step.title();
        row(&mut page, &format!("{chinese} <small>{english}</small>"), class, word, &tried.seen);
    }
    page += "</table>\n<h2>设备检查 <small>canteend doctor</small></h2>\n<table>\n";
    for found in &report.findings {
        let (class, word) = match found.verdict {
            Verdict::Ok => ("good", "正常"),
            Verdict::Warning => ("middling", "注意"),
            Verdict::Fault => ("bad", "故障"),
        };
        let remedy = found.remedy.as_ref().map_or(String::new(), |text| format!(" → {text}"));
        row(&mut page, found.check.word(), class, word, &format!("{}{remedy}", found.seen));
    }
    page += "</table>\n";
    page += &match fingerprint {
        Some(key) => format!("<p>报告由设备密钥签名 <small>signed</small>:{}</p>\n", escape(key)),
        None => "<p>设备未注册,报告未签名 <small>not signed</small></p>\n".to_owned(),
    };
    page += "<table class=\"sign\"><tr><td>安装方</td><td></td><td>食堂</td><td></td><td>街道</td>\
             <td></td></tr></table>\n</body></html>\n";
    page
}

fn row(page: &mut String, name: &str, class: &str, word: &str, seen: &str) {
    let seen = escape(seen);
    writeln!(page, "<tr><th>{name}</th><td class=\"{class}\">{word}</td><td>{seen}</td></tr>")
        .expect("writing to a string does not fail");
}

#[cfg(test)]
mod tests {
    use super::super::{FORMAT, Step, Tried};
    use super::*;

    #[test]
    fn a_page_escapes_names_and_says_whether_it_was_signed() {
        let report = Report {
            format: FORMAT,
            device: "lc-1".into(),
            canteen: "<b>&\"食堂".into(),
            version: "0",
            at: "2026-03-02T11:30:00+08:00".into(),
            passed: false,
            steps: vec![Tried::skipped(Step::Enrol, "a < b")],
            findings: vec![],
        };
        let page = html(&report, None);
        for text in ["&lt;b&gt;&amp;&quot;食堂", "a &lt; b", "未做", "未签名", "未通过"] {
            assert!(page.contains(text), "{text}");
        }
        assert!(html(&report, Some("ab:cd")).contains("ab:cd"));
    }
}
