//! The page of liveness.

use super::super::liveness::LivenessReport;
use super::chart::{self, Line, Mark};
use super::{Both, Card, Page, cell, escape};

const LIMITS: &[Both] = &[
    Both(
        "单张彩色照片很难分辨真假：真人照片也可能得极低的分。分数只会请工作人员再看一眼，不会拒绝任何人。",
        "One colour photograph can hardly tell: true faces score close to nothing at times. The \
         score asks staff for a second look and refuses nobody.",
    ),
    Both(
        "没有列出的攻击方式没有测过。面具、剪孔照片、屏幕重放各不相同，一种通过与否不能推及另一种。",
        "Kinds of attack that are not listed were not measured. Masks, cut-outs and screens differ; \
         one says nothing about another.",
    ),
    Both(
        "不含多帧检查：现场还会发现静止不动或循环重复的画面。",
        "Checks over several frames are not part of it: at the counter a frozen or looping picture \
         is noticed as well.",
    ),
];

/// The report as a page.
pub fn liveness(report: &LivenessReport) -> String {
    let mut page = Page::new(
        Both("活体检测评测", "Liveness, measured"),
        Both(
            "真人会不会被当成照片，照片会不会被当成真人。",
            "How often a face is taken for a picture, and a picture for a face.",
        ),
        None,
    );
    let unknown = || ("—".to_owned(), "没有攻击样本 · no attacks given".to_owned());
    let (value, below) = match (report.auc, &report.fake) {
        (Some(auc), Some(fake)) => {
            (format!("{auc:.3}"), format!("{} × {}", report.real.photos, fake.photos))
        }
        _ => unknown(),
    };
    let auc =
        Card { name: Both("曲线下面积", "area under the curve"), value, below, tone: "" };
    let worst = Both("照片被当成真人（最差一类）", "APCER, worst kind of attack");
    let apcer = match report.apcer_worst {
        Some(share) => Card::of(worst, share, ""),
        None => {
            let (value, below) = unknown();
            Card { name: worst, value, below, tone: "" }
        }
    };
    let bpcer =
        Card::of(Both("真人被当成照片", "BPCER, faces taken for attacks"), report.bpcer, "");
    page.cards(&[bpcer, apcer, auc]);
    samples(&mut page, report);
    curves(&mut page, report);
    page.section(Both("这些数字没有说明什么", "What this does not show"), None);
    page.list(LIMITS);
    page.problems(&report.problems);
    page.end()
}

fn samples(page: &mut Page, report: &LivenessReport) {
    let note = Both(
        "每格：百分比、张数与 95 % 区间（Wilson）。术语见 ISO/IEC 30107-3。",
        "Each cell: share, counts and 95 % interval (Wilson). Terms of ISO/IEC 30107-3.",
    );
    page.section(Both("样本", "Samples"), Some(note));
    let real = super::super::interval::Share::new(report.real.without_face, report.real.photos);
    let mut rows = vec![vec![
        "真人 <i lang=\"en\">faces</i>".to_owned(),
        report.real.photos.to_string(),
        cell(report.bpcer),
        "—".to_owned(),
        cell(real),
    ]];
    rows.extend(report.attacks.iter().map(|attack| {
        vec![
            escape(&attack.kind),
            attack.no_response.of.to_string(),
            "—".to_owned(),
            cell(attack.apcer),
            cell(attack.no_response),
        ]
    }));
    page.table(
        &[
            Both("种类", "kind"),
            Both("照片", "photographs"),
            Both("被当成照片", "BPCER"),
            Both("被当成真人", "APCER"),
            Both("未检出人脸", "no face found"),
        ],
        &rows,
    );
}

fn curves(page: &mut Page, report: &LivenessReport) {
    page.section(Both("分数分布", "Scores"), None);
    let mark =
        Mark { at: report.threshold, label: format!("现行 in use · {:.2}", report.threshold) };
    let drawing = chart::histograms(
        [&report.real_scores, &report.fake_scores],
        [Both("真人", "faces"), Both("攻击", "attacks")],
        Both("活体分数", "liveness score"),
        &[mark],
    );
    let caption = Both(
        "虚线左边的绿色是会请工作人员再看一眼的真人。",
        "Green to the left of the dashed line is faces that staff will be asked to look at.",
    );
    page.figure(&drawing, caption);
    let points: Vec<[f64; 2]> =
        report.curve.iter().filter_map(|p| Some([p.apcer?, p.bpcer])).collect();
    if points.is_empty() {
        return;
    }
    page.section(Both("取舍曲线", "DET curve"), None);
    let line = Line { class: "ours", name: Both("活体", "liveness"), points };
    let drawing = chart::trade_off(
        &[line],
        Both("照片被当成真人", "APCER, all kinds together"),
        Both("真人被当成照片", "BPCER"),
    );
    let caption = Both("越靠近左下角越好。", "The nearer to the lower left the better.");
    page.figure(&drawing, caption);
}
