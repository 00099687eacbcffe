//! Measurements on the test photographs, as the command line makes them.

use canteend::error::{Exit, Sysexit as _};
use canteend::evaluate::{self, PairsError, TimeError};
use canteend::vision::{Analyser, QualityLimits};
use std::path::PathBuf;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn analyser() -> Analyser {
    Analyser::open(&root().join("models"), QualityLimits::default()).expect("run `make models`")
}

fn pairs(text: &str) -> Result<evaluate::PairsReport, PairsError> {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let file = folder.path().join("pairs.tsv");
    std::fs::write(&file, text).expect("the folder is ours");
    let photos = root().join("fixtures/photos");
    evaluate::pairs(&mut analyser(), &photos, &file, |done, of| assert!(done <= of))
}

#[test]
fn clear_pairs_are_all_judged_rightly() {
    let same = ["obama.jpg\tobama2.jpg\t1", "obama.jpg\tobama_partial_face2.jpg\t1"].repeat(5);
    let different = ["obama.jpg\tbiden.jpg\t0", "biden.jpg\tsample3.jpg\t0"].repeat(5);
    let report = pairs(&[same, different].concat().join("\n")).unwrap();
    assert_eq!((report.pairs, report.images, report.undetected), (20, 5, 0));
    assert_eq!((report.accuracy, report.deviation, report.tar_at_fmr_1e_2), (1.0, 0.0, 1.0));
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["tar_at_fmr_1e-2"], 1.0);
}

#[test]
fn missing_photograph_is_named() {
    let error = pairs("obama.jpg\tnobody.jpg\t1\nobama.jpg\tbiden.jpg\t0").unwrap_err();
    assert!(error.to_string().contains("nobody.jpg"), "{error}");
    assert_eq!(error.exit(), Exit::Io);
}

#[test]
fn time_is_told_for_each_stage_and_the_bare_models() {
    let mut analyser = analyser();
    let jpeg = std::fs::read(root().join("fixtures/photos/obama.jpg")).unwrap();
    let report = evaluate::time(&mut analyser, &jpeg, 3).unwrap();
    let stages = [
        report.decode,
        report.detect,
        report.landmarks,
        report.align,
        report.quality,
        report.embed,
        report.live,
    ];
    assert!(stages.iter().all(|ms| *ms > 0.0 && *ms < report.all), "{report:?}");
    assert!(report.sessions > 0.0, "{report:?}");
}

#[test]
fn what_cannot_be_timed_is_refused() {
    let mut analyser = analyser();
    assert!(matches!(evaluate::time(&mut analyser, b"x", 1), Err(TimeError::Decode(_))));
    assert!(matches!(evaluate::time(&mut analyser, b"x", 0), Err(TimeError::Rounds(0))));
    let folder = tempfile::tempdir().expect("a folder for the test");
    let wall = folder.path().join("wall.jpg");
    image::RgbImage::from_pixel(320, 240, image::Rgb([90; 3])).save(&wall).unwrap();
    let wall = std::fs::read(&wall).unwrap();
    assert!(matches!(evaluate::time(&mut analyser, &wall, 1), Err(TimeError::NoFace)));
}
