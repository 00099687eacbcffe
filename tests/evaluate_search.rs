//! Search and liveness on folders of photographs, as a technician runs them on a site's own.
//!
//! `make test` fetches the models and the photographs first.

#![expect(clippy::unwrap_used, reason = "helpers of tests may unwrap as tests do")]

use canteend::error::{Exit, Sysexit as _};
use canteend::evaluate::{
    self, Enrolment, Folders, LivenessError, LivenessReport, Probe, Rule, SearchError,
    SearchReport, Share, page,
};
use canteend::vision::{Analyser, QualityLimits};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const IN_USE: Rule = Rule { accept: 0.66, margin: 0.1 };

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn analyser() -> Analyser {
    Analyser::open(&root().join("models"), QualityLimits::default()).expect("run `make models`")
}

/// A folder of people; each line is a place and the photograph that is put there.
fn site(lines: &[(&str, &str)]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for part in ["gallery", "probes", "strangers"] {
        fs::create_dir(dir.path().join(part)).unwrap();
    }
    for (place, photo) in lines {
        let place = dir.path().join(place);
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        fs::copy(root().join("fixtures/photos").join(photo), place).expect("run `make photos`");
    }
    dir
}

const SITE: &[(&str, &str)] = &[
    ("gallery/<b>老王/1.jpg", "obama.jpg"),
    ("gallery/老李/1.jpg", "biden.jpg"),
    ("probes/<b>老王/1.jpg", "obama2.jpg"),
    ("probes/<b>老王/2.jpg", "obama_partial_face2.jpg"),
    ("strangers/路人/1.jpg", "sample3.jpg"),
];

fn search(site: &Path) -> Result<SearchReport, SearchError> {
    let [gallery, probes, strangers] = ["gallery", "probes", "strangers"].map(|p| site.join(p));
    let folders = Folders { gallery: &gallery, probes: &probes, strangers: &strangers };
    evaluate::search(&mut analyser(), folders, IN_USE, &mut |done, of| assert!(done <= of))
}

#[test]
fn people_are_found_under_names_that_would_be_markup_and_the_report_is_the_same_twice() {
    let site = site(SITE);
    let report = search(site.path()).unwrap();
    let single = report.way(Enrolment::BestOf, Probe::Single);
    assert_eq!((single.rank_1, single.at[1].figures.found), (Share::new(2, 2), Share::new(2, 2)));
    let pooled = report.way(Enrolment::BestOf, Probe::MeanTemplate);
    assert_eq!(pooled.rank_1, Share::new(1, 1));
    assert_eq!(pooled.at.iter().map(|at| at.enough_strangers).collect::<Vec<_>>(), [false; 3]);
    assert_eq!(report.ways.len(), 8);
    assert_eq!(report.problems.count, 0);
    assert_eq!(report.look_alikes[0].people, ["<b>老王", "老李"]);
    assert_eq!(report.strangers_near[0].people[0], "路人");
    let html = page::search(&report);
    assert!(html.contains("&lt;b&gt;老王") && !html.contains("<b>老王"));
    assert!(html.contains("too few strangers to tell"));
    let again = search(site.path()).unwrap();
    assert_eq!(page::search(&again), html);
    assert_eq!(again, report);
}

#[test]
fn damaged_photographs_are_named_and_the_answer_is_given_all_the_same() {
    let site = site(SITE);
    fs::write(site.path().join("probes/<b>老王/cut.jpg"), b"\xff\xd8\xff").unwrap();
    fs::create_dir(site.path().join("strangers/empty")).unwrap();
    let html = site.path().join("page.html");
    let part = |name: &str| site.path().join(name);
    let output = Command::new(env!("CARGO_BIN_EXE_canteend"))
        .args(["evaluate", "search", "--json", "--models"])
        .arg(root().join("models"))
        .args([Path::new("--gallery"), &part("gallery"), Path::new("--probes"), &part("probes")])
        .args([Path::new("--strangers"), &part("strangers"), Path::new("--html"), &html])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(Exit::Data as i32), "{said}");
    assert!(said.contains("cut.jpg: the picture is cut short"), "{said}");
    assert!(said.contains("empty: no photographs in it"), "{said}");
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["probes"]["unreadable"], 1);
    assert_eq!(report["problems"]["count"], 2);
    assert_eq!(report["ways"][0]["rank_1"]["count"], 2);
    assert!(fs::read_to_string(html).unwrap().contains("cut.jpg"));
}

#[test]
fn folders_that_cannot_be_measured_are_refused_with_the_remedy() {
    let wall = |path: &Path| {
        image::RgbImage::from_pixel(320, 240, image::Rgb([90; 3])).save(path).unwrap();
    };
    type Break = fn(&Path);
    let cases: [(Break, Exit, &str); 5] = [
        (|s| fs::remove_dir_all(s.join("gallery")).unwrap(), Exit::Io, "gallery: No such file"),
        (
            |s| fs::remove_dir_all(s.join("strangers/路人")).unwrap(),
            Exit::Data,
            "strangers: no photo",
        ),
        (
            |s| fs::rename(s.join("probes/<b>老王"), s.join("probes/nobody")).unwrap(),
            Exit::Data,
            "\"nobody\" has no folder of that name in the gallery",
        ),
        (
            |s| fs::rename(s.join("strangers/路人"), s.join("strangers/老李")).unwrap(),
            Exit::Data,
            "\"老李\" is in the gallery as well",
        ),
        (
            |s| fs::remove_file(s.join("strangers/路人/1.jpg")).unwrap(),
            Exit::Data,
            "strangers: no face found",
        ),
    ];
    for (n, (break_it, exit, said)) in cases.into_iter().enumerate() {
        let site = site(SITE);
        break_it(site.path());
        if n == 4 {
            wall(&site.path().join("strangers/路人/1.png"));
        }
        let error = search(site.path()).unwrap_err();
        assert!(error.to_string().contains(said), "{error}");
        assert_eq!(error.exit(), exit, "{error}");
    }
}

fn liveness(real: &Path, fake: Option<&Path>) -> Result<LivenessReport, LivenessError> {
    evaluate::liveness(&mut analyser(), real, fake, 0.3, &mut |done, of| assert!(done <= of))
}

#[test]
fn liveness_is_told_for_each_kind_of_attack_and_not_at_all_without() {
    // Photographs of the test set stand in for both; that one true face scores 0.0004 is known.
    let site = site(&[
        ("real/1.jpg", "obama.jpg"),
        ("real/2.jpg", "biden.jpg"),
        ("fake/<i>print/1.jpg", "obama3.jpg"),
        ("fake/screen/1.jpg", "obama.jpg"),
    ]);
    let part = |name: &str| site.path().join(name);
    let report = liveness(&part("real"), Some(&part("fake"))).unwrap();
    assert_eq!(report.bpcer, Share::new(0, 2));
    let kinds: Vec<_> = report.attacks.iter().map(|a| (a.kind.as_str(), a.apcer.count)).collect();
    assert_eq!(kinds, [("<i>print", 0), ("screen", 1)]);
    assert_eq!(report.apcer_worst, Some(Share::new(1, 1)));
    assert_eq!(report.auc, Some(0.625), "a tie and three wins or losses in four pairs");
    assert!(!page::liveness(&report).contains("<i>print"));
    let report = liveness(&part("real"), None).unwrap();
    assert_eq!((report.auc, report.apcer_worst), (None, None));
    assert!(page::liveness(&report).contains("no attacks given"));
    let error = liveness(&part("real"), Some(&part("gallery"))).unwrap_err();
    assert_eq!(error.exit(), Exit::Data);
    assert!(error.to_string().contains("gallery: no photographs in it"), "{error}");
}

fn split(people: &Path, out: &Path, counts: &[&str]) -> std::process::Output {
    let script = root().join("scripts/split-open-set.sh");
    Command::new(script).arg(people).arg(out).args(counts).output().unwrap()
}

fn photos_of(dir: &Path) -> Vec<String> {
    let mut found = vec![];
    for person in fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()) {
        for photo in fs::read_dir(&person).unwrap().map(|entry| entry.unwrap().path()) {
            found.push(photo.strip_prefix(dir).unwrap().display().to_string());
        }
    }
    found.sort();
    found
}

#[test]
fn the_split_follows_its_rule() {
    let dir = tempfile::tempdir().unwrap();
    let people = dir.path().join("people");
    for (person, count) in [("many one", 4), ("three", 3), ("two", 2), ("single", 1), ("none", 0)] {
        fs::create_dir_all(people.join(person)).unwrap();
        for n in 1..=count {
            fs::write(people.join(person).join(format!("{n}.jpg")), "").unwrap();
        }
    }
    let out = dir.path().join("out");
    assert!(split(&people, &out, &["2", "1", "2"]).status.success());
    let parts = ["gallery", "probes", "strangers"].map(|part| photos_of(&out.join(part)));
    let gallery = ["many one/1.jpg", "many one/2.jpg", "three/1.jpg", "three/2.jpg"];
    let probes = ["many one/3.jpg", "many one/4.jpg", "three/3.jpg"];
    assert_eq!(parts, [&gallery[..], &probes[..], &["two/1.jpg", "two/2.jpg"][..]]);
    for (out, counts, code) in [
        (&out, &["1"][..], 64),
        (&dir.path().join("new"), &["0"][..], 64),
        (&dir.path().join("new"), &["1", "x"][..], 64),
    ] {
        assert_eq!(split(&people, out, counts).status.code(), Some(code), "{counts:?}");
    }
    assert_eq!(split(&dir.path().join("no"), &out, &[]).status.code(), Some(74));
}

#[test]
fn part_of_lfw_is_searched_as_well_as_stated() {
    let lfw = root().join("../shared/eval/lfw-dev");
    if !lfw.exists() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let people = dir.path().join("people");
    fs::create_dir(&people).unwrap();
    for person in fs::read_dir(lfw).unwrap().map(|entry| entry.unwrap().path()) {
        let name = person.file_name().unwrap().to_str().unwrap();
        if person.is_dir() && name.starts_with(['A', 'B', 'C']) {
            std::os::unix::fs::symlink(&person, people.join(name)).unwrap();
        }
    }
    let out = dir.path().join("out");
    assert!(split(&people, &out, &[]).status.success());
    let report = search(&out).unwrap();
    let rate = |share: Share| share.rate.unwrap();
    let plain = report.way(Enrolment::BestOf, Probe::Single);
    let service = report.way(Enrolment::BestOf, Probe::MeanTemplate);
    assert!(plain.rank_1.of >= 100 && report.strangers.people >= 100, "{report:?}");
    assert!(rate(plain.rank_1) >= 0.95, "{plain:?}");
    assert!(rate(plain.at[0].figures.found) >= 0.92, "{plain:?}");
    assert!(rate(plain.at[1].figures.found) >= 0.88, "{plain:?}");
    for (pooled, alone) in service.at.iter().zip(&plain.at).take(2) {
        let (pooled, alone) = (pooled.figures, alone.figures);
        assert!(rate(pooled.found) >= rate(alone.found) - 0.01, "{pooled:?} {alone:?}");
        assert!(rate(pooled.to_staff) <= 0.15, "{pooled:?}");
    }
}
