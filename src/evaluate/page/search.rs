//! The page of open-set search.

use super::super::faces::Counts;
use super::super::search::{Curves, LookAlike, SearchReport, WayReport};
use super::super::ways::{Enrolment, Probe};
use super::chart::{self, Line, Mark};
use super::{Both, Card, Page, cell, escape};

/// Share of strangers accepted that the page puts first.
const SHOWN: f64 = 0.01;
/// Largest share of enrolled people who should have to go to staff.
const TO_STAFF_AIM: f64 = 0.15;

const LIMITS: &[Both] = &[
    Both(
        "只说明这些照片上的情况。光线、年龄、拍摄时间不同，结果也不同；网络照片不能代表老人食堂。",
        "It speaks of these photographs. Other light, ages and years between photographs give other \
         figures; pictures from the web do not stand for an elders' canteen.",
    ),
    Both(
        "阈值是在同一批陌生人上找到的，区间只含抽样误差，不含阈值本身的误差；同一人的多张照片也并非完全独立。",
        "Thresholds were found on the same strangers. Intervals hold the error of sampling, not that \
         of the threshold, and several photographs of one person are not quite independent.",
    ),
    Both(
        "底库越大，越像的人越多。人数翻倍，误认也大约翻倍；更换名单后应重新评测。",
        "The larger the gallery, the more people resemble a stranger: twice the people, about twice \
         the mistakes. Measure again when the list changes.",
    ),
    Both(
        "不含活体、画质、停留时间和多帧一致的检查；现场由工作人员处理所有存疑情况，不会因分数拒绝任何人。",
        "Liveness, picture quality, dwell time and agreement of frames are not part of it. At the \
         counter staff settle every doubt; nobody is refused by a score.",
    ),
];

/// The report as a page.
pub fn search(report: &SearchReport) -> String {
    let mut page = Page::new(
        Both("人脸识别评测", "Recognition, measured"),
        Both(
            "在您自己的照片上：老人能否被认出，会不会认错，陌生人会不会被放过。",
            "On your own photographs: who is found, who is mistaken for another, and how many \
             strangers pass.",
        ),
        Some(&report.model),
    );
    let plain = report.way(Enrolment::BestOf, Probe::Single);
    let service = report.way(Enrolment::BestOf, Probe::MeanTemplate);
    page.cards(&cards(service));
    people(&mut page, report);
    in_use(&mut page, plain, service);
    scores(&mut page, &report.service, service);
    det(&mut page, report);
    ways(&mut page, report);
    look_alikes(&mut page, report);
    page.section(Both("这些数字没有说明什么", "What this does not show"), None);
    page.list(LIMITS);
    page.problems(&report.problems);
    page.end()
}

fn cards(service: &WayReport) -> Vec<Card> {
    let at = service.at.iter().find(|at| at.target == SHOWN).unwrap_or(&service.at[0]);
    let used = service.in_use;
    let many = used.to_staff.rate.is_some_and(|rate| rate > TO_STAFF_AIM);
    let passed = used.strangers_accepted.count > 0;
    vec![
        Card::of(
            Both("放过 1 % 陌生人时认出", "found at 1 % of strangers accepted"),
            at.figures.found,
            "",
        ),
        Card::of(
            Both("现行阈值下转人工（目标 ≤ 15 %）", "sent to staff in use (aim ≤ 15 %)"),
            used.to_staff,
            if many { "bad" } else { "good" },
        ),
        Card::of(
            Both("现行阈值下认成别人", "taken for another in use"),
            used.wrong,
            if used.wrong.count > 0 { "bad" } else { "good" },
        ),
        Card::of(
            Both("现行阈值下放过陌生人", "strangers accepted in use"),
            used.strangers_accepted,
            if passed { "bad" } else { "good" },
        ),
    ]
}

fn people(page: &mut Page, report: &SearchReport) {
    page.section(Both("用了什么照片", "What was measured"), None);
    let row = |name: &str, c: Counts| {
        let counts = [c.people, c.photos, c.without_face, c.unreadable, c.left_out];
        std::iter::once(name.to_owned()).chain(counts.map(|n| n.to_string())).collect()
    };
    page.table(
        &[
            Both("", ""),
            Both("人数", "people"),
            Both("照片", "photographs"),
            Both("未检出人脸", "no face found"),
            Both("无法读取", "unreadable"),
            Both("超出上限未用", "beyond the bound"),
        ],
        &[
            row("底库 <i lang=\"en\">gallery</i>", report.gallery),
            row("本人再次出现 <i lang=\"en\">probes</i>", report.probes),
            row("陌生人 <i lang=\"en\">strangers</i>", report.strangers),
        ],
    );
}

fn in_use(page: &mut Page, plain: &WayReport, service: &WayReport) {
    let note = Both(
        "每格：百分比、人数与 95 % 区间（Wilson）。未检出人脸的本人照片算作没认出。",
        "Each cell: share, counts and 95 % interval (Wilson). A person whose face was not found \
         counts as not recognised.",
    );
    page.section(Both("阈值与结果", "Thresholds and what they do"), Some(note));
    let mut rows = vec![];
    for (name, way) in [
        ("逐张比对 <i lang=\"en\">single</i>", plain),
        ("多张合并 <i lang=\"en\">pooled</i>", service),
    ] {
        let targets = way.at.iter().map(|at| {
            let few = if at.enough_strangers {
                ""
            } else {
                "<br><small>陌生人太少，仅供参考<br>too few strangers to tell</small>"
            };
            (format!("{} %{few}", at.target * 100.0), at.figures)
        });
        let used = "现行 <i lang=\"en\">in use</i>".to_owned();
        for (target, figures) in targets.chain([(used, way.in_use)]) {
            let margin = match figures.rule.margin {
                0.0 => String::new(),
                margin => format!("<br><small>+ {margin:.2}</small>"),
            };
            rows.push(vec![
                name.to_owned(),
                target,
                format!("{:.3}{margin}", figures.rule.accept),
                cell(figures.found),
                cell(figures.wrong),
                cell(figures.to_staff),
                cell(figures.strangers_accepted),
            ]);
        }
    }
    page.table(
        &[
            Both("方式", "way"),
            Both("目标", "target"),
            Both("阈值（+ 领先）", "threshold (+ lead)"),
            Both("认出", "found"),
            Both("认成别人", "taken for another"),
            Both("转人工", "sent to staff"),
            Both("放过陌生人", "strangers accepted"),
        ],
        &rows,
    );
}

fn scores(page: &mut Page, curves: &Curves, service: &WayReport) {
    page.section(Both("分数分布", "Scores"), None);
    let mut marks: Vec<Mark> = service
        .at
        .iter()
        .filter(|at| at.target == SHOWN)
        .map(|at| Mark {
            at: at.figures.rule.accept,
            label: format!("1 % · {:.3}", at.figures.rule.accept),
        })
        .collect();
    let used = service.in_use.rule.accept;
    marks.push(Mark { at: used, label: format!("现行 in use · {used:.2}") });
    let drawing = chart::histograms(
        [&curves.own_scores, &curves.stranger_scores],
        [
            Both("本人对本人", "person against own templates"),
            Both("陌生人的最高分", "best score of a stranger"),
        ],
        Both("余弦相似度", "cosine"),
        &marks,
    );
    page.figure(
        &drawing,
        Both(
            "两座山分得越开越好。虚线右边的红色是会被放过的陌生人，左边的绿色是要转人工的老人。",
            "The further apart the better. Red to the right of a dashed line would be accepted, \
             green to its left goes to staff. Photographs pooled.",
        ),
    );
}

fn det(page: &mut Page, report: &SearchReport) {
    page.section(Both("取舍曲线", "DET curve"), None);
    let line = |class, name, curves: &Curves| Line {
        class,
        name,
        points: curves
            .curve
            .iter()
            .filter(|p| p.strangers_accepted > 0.0)
            .map(|p| [p.strangers_accepted, 1.0 - p.found])
            .collect(),
    };
    let lines = [
        line("plain", Both("逐张比对", "single"), &report.plain),
        line("ours", Both("多张合并", "pooled"), &report.service),
    ];
    let drawing = chart::trade_off(
        &lines,
        Both("放过的陌生人", "strangers accepted (FPIR)"),
        Both("没认出的本人", "enrolled not found (FNIR)"),
    );
    page.figure(
        &drawing,
        Both(
            "越靠近左下角越好。曲线止于最后一个被放过的陌生人。",
            "The nearer to the lower left the better. A line ends at the last stranger who passes.",
        ),
    );
}

fn ways(page: &mut Page, report: &SearchReport) {
    let note = Both(
        "同一批照片的八种用法。现场使用：每张登记照一个模板取最高分，一次到访的各帧取平均模板。",
        "Eight ways with the same photographs. In service: a template for each enrolled photograph, \
         the closest counts; the frames of a visit give one mean template.",
    );
    page.section(Both("多张照片怎么用", "Several photographs of one person"), Some(note));
    let mut head =
        vec![Both("登记", "enrolment"), Both("查询", "probe"), Both("首选正确", "rank 1")];
    head.extend([
        Both("放过 3 % 时认出", "found at 3 %"),
        Both("放过 1 % 时认出", "found at 1 %"),
        Both("放过 0.1 % 时认出", "found at 0.1 %"),
    ]);
    let rows = report.ways.iter().map(|way| {
        let enrolment = match way.enrolment {
            Enrolment::BestOf => "最高分 <i lang=\"en\">best of</i>",
            Enrolment::Mean => "平均模板 <i lang=\"en\">mean</i>",
        };
        let probe = match way.probe {
            Probe::Single => "逐张 <i lang=\"en\">single</i>",
            Probe::MeanTemplate => "平均模板 <i lang=\"en\">mean template</i>",
            Probe::MeanScore => "平均分 <i lang=\"en\">mean of scores</i>",
            Probe::BestScore => "最高分 <i lang=\"en\">best of scores</i>",
        };
        let here = way.enrolment == Enrolment::BestOf && way.probe == Probe::MeanTemplate;
        let mark = if here { "<br><small>现场使用 in service</small>" } else { "" };
        let probe = format!("{probe}{mark}");
        let named = [enrolment.to_owned(), probe, cell(way.rank_1)];
        named.into_iter().chain(way.at.iter().map(|at| cell(at.figures.found))).collect()
    });
    page.table(&head, &rows.collect::<Vec<_>>());
}

fn look_alikes(page: &mut Page, report: &SearchReport) {
    let note = Both(
        "底库里最像的人。若其实是同一人登记了两次，请合并；否则到访时会请工作人员确认。",
        "People of the gallery who are closest to each other. If two entries are one person, merge \
         them; otherwise staff will be asked to confirm.",
    );
    page.section(Both("容易认错的人", "Look-alikes"), Some(note));
    let one = Both("文件夹", "folder");
    pairs(page, [one, one], &report.look_alikes);
    let note = Both(
        "最像底库中某人的陌生人。分数特别高的，往往是同一人换了名字，或登记照里有两个人，请先核对，再看上面的数字。",
        "Strangers who come closest to somebody enrolled. A very high score is often the same person \
         under another name, or an enrolment photograph of two people: check these before trusting \
         the figures above.",
    );
    page.section(Both("最像的陌生人", "Strangers who come closest"), Some(note));
    let columns = [Both("陌生人", "stranger"), Both("底库", "gallery")];
    pairs(page, columns, &report.strangers_near);
}

fn pairs(page: &mut Page, [left, right]: [Both; 2], pairs: &[LookAlike]) {
    let row = |pair: &LookAlike| {
        let [one, other] = &pair.people;
        vec![escape(one), escape(other), format!("{:.3}", pair.cosine)]
    };
    let rows: Vec<Vec<String>> = pairs.iter().map(row).collect();
    page.table(&[left, right, Both("余弦相似度", "cosine")], &rows);
}
