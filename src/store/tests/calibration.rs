//! Thresholds that are kept for the next start.

use super::*;
use crate::domain::calibration::{Calibration, Nearest, Target};
use crate::domain::elder::{Consent, Elder, Sex};
use crate::domain::gallery::Candidate;
use crate::domain::template::{ModelId, Template};

const MODEL: ModelId = ModelId([3; 32]);

fn settings() -> CalibrationSettings {
    CalibrationSettings { model: MODEL, target: Target::default(), configured: 0.66 }
}

fn enrol(store: &mut Store, elders: usize) -> u64 {
    let roster: Vec<_> = (0..elders)
        .map(|n| Enrolled {
            elder: Elder {
                id: elder(&format!("p_{n}")),
                name: "王秀英".to_owned(),
                birth: day("1943-05-02"),
                sex: Sex::Female,
                id_last4: None,
                eligible: vec![],
                home_care: vec![],
                notices: vec![],
                consent: Consent { store_face: true, transmit: false },
            },
            templates: vec![Template::new(MODEL, &[1.0, n as f32]).unwrap()],
        })
        .collect();
    store.replace_gallery(noon(), MODEL, &roster).unwrap().change.generation
}

/// Elders 0 and 1 look alike; the others have scores as strangers have.
fn taken(elders: usize) -> Calibration {
    let near = |n: usize| -> Nearest {
        match n {
            0 => vec![Candidate { elder: 1, score: 0.8 }],
            1 => vec![Candidate { elder: 0, score: 0.8 }],
            _ => vec![Candidate { elder: 0, score: 0.2 + n as f32 / 1000.0 }],
        }
    };
    let nearest: Vec<_> = (0..elders).map(near).collect();
    Calibration::new(&nearest, Target::default(), 0.66)
}

#[test]
fn thresholds_come_back_for_the_same_gallery_and_settings_only() {
    let (dir, mut store) = store();
    assert_eq!(store.calibration(&settings()).unwrap(), None);
    let (generation, taken) = (enrol(&mut store, 120), taken(120));
    assert!(taken.strangers().is_some() && taken.alike(0, 1) && taken.additions() == 2);
    store.keep_calibration(&settings(), generation, &taken).unwrap();
    drop(store);
    let mut store = Store::open(&state(&dir)).unwrap();
    assert_eq!(store.calibration(&settings()).unwrap(), Some(taken.clone()));
    for other in [
        CalibrationSettings { model: ModelId([4; 32]), ..settings() },
        CalibrationSettings { target: Target::new(0.01).unwrap(), ..settings() },
        CalibrationSettings { configured: 0.7, ..settings() },
    ] {
        assert_eq!(store.calibration(&other).unwrap(), None, "{other:?}");
    }
    let next = enrol(&mut store, 120);
    assert_eq!(store.calibration(&settings()).unwrap(), None, "the gallery is another one");
    store.keep_calibration(&settings(), generation, &taken).unwrap();
    assert_eq!(store.calibration(&settings()).unwrap(), None, "it is not in force any more");
    store.keep_calibration(&settings(), next, &taken).unwrap();
    assert_eq!(store.calibration(&settings()).unwrap(), Some(taken));
}

#[test]
fn a_row_that_was_touched_counts_as_not_there() {
    let (dir, mut store) = store();
    let generation = enrol(&mut store, 120);
    store.keep_calibration(&settings(), generation, &taken(120)).unwrap();
    drop(store);
    let sealed: Vec<u8> =
        raw(&dir).query_row("SELECT sealed FROM calibration", [], |row| row.get(0)).unwrap();
    for at in [0, 20, sealed.len() - 1] {
        let mut touched = sealed.clone();
        touched[at] ^= 1;
        raw(&dir).execute("UPDATE calibration SET sealed = ?1", [&touched]).unwrap();
        let store = Store::open(&state(&dir)).unwrap();
        assert_eq!(store.calibration(&settings()).unwrap(), None, "byte {at}");
    }
}
