use super::*;
use crate::domain::elder::ElderId;
use crate::domain::template::{ModelId, Template};
use proptest::prelude::*;

const CONFIGURED: f32 = 0.66;

/// A gallery in which elder i's nearest other has the i-th score; who that is does not matter.
fn nearest_with(scores: &[f32]) -> Vec<Nearest> {
    let other = |elder: usize| usize::from(elder == 0);
    scores.iter().enumerate().map(|(i, s)| vec![Candidate { elder: other(i), score: *s }]).collect()
}

/// `n` quantiles of u + β · Exp(1).
fn exponential(n: usize, from: f64, scale: f64) -> Vec<f32> {
    (0..n).map(|i| (from - scale * ((i as f64 + 0.5) / n as f64).ln()) as f32).collect()
}

fn calibrate(scores: &[f32], target: f64) -> Calibration {
    Calibration::new(&nearest_with(scores), Target::new(target).unwrap(), CONFIGURED)
}

#[test]
fn an_exponential_tail_is_followed_to_its_known_quantile() {
    let scores = exponential(1000, 0.45, 0.025);
    for target in [0.05f64, 0.01, 0.001, 0.0001] {
        let known = 0.45 + 0.025 * (1.0 / target).ln();
        let found = calibrate(&scores, target);
        assert!((f64::from(found.accept()) - known).abs() < 0.004, "{target}: {found:?}");
        let strangers = found.strangers().unwrap();
        assert!((strangers.share / target - 1.0).abs() < 1e-3, "{strangers:?}");
        assert!(strangers.low < target && target < strangers.high, "{strangers:?}");
    }
}

#[test]
fn the_interval_narrows_with_more_elders_and_widens_with_distance() {
    let width = |n, target| {
        let strangers = calibrate(&exponential(n, 0.5, 0.03), target).strangers().unwrap();
        strangers.high / strangers.low
    };
    assert!(width(10_000, 0.001) < width(200, 0.001));
    assert!(width(1000, 0.01) < width(1000, 0.0001));
}

#[test]
fn a_gallery_that_is_too_small_takes_the_configured_threshold_and_says_so() {
    for elders in [0, 1, 2, ELDERS_MIN - 1] {
        let found = calibrate(&vec![0.3; elders], 0.001);
        assert_eq!((found.accept(), found.strangers()), (CONFIGURED, None));
        assert_eq!((found.additions(), found.pairs()), (0, &[][..]));
    }
    assert!(calibrate(&vec![0.3; ELDERS_MIN], 0.001).strangers().is_some());
    assert_eq!(Calibration::new(&[vec![]], Target::default(), 0.3).accept(), ACCEPT_MIN);
}

#[test]
fn a_gallery_without_resemblance_stops_at_the_floor_and_expects_fewer_strangers() {
    let found = calibrate(&exponential(500, 0.1, 0.01), 0.001);
    assert_eq!(found.accept(), ACCEPT_MIN);
    assert!(found.strangers().unwrap().high < 0.001);
}

#[test]
fn twins_are_a_pair_for_staff_and_do_not_move_the_threshold_of_the_others() {
    let scores = exponential(998, 0.45, 0.025);
    let plain = calibrate(&scores, 0.001);
    let mut nearest = nearest_with(&scores);
    nearest.push(vec![Candidate { elder: 999, score: 1.0 }, Candidate { elder: 1, score: 0.4 }]);
    nearest.push(vec![Candidate { elder: 998, score: 1.0 }, Candidate { elder: 1, score: 0.4 }]);
    let found = Calibration::new(&nearest, Target::default(), CONFIGURED);
    assert!((found.accept() - plain.accept()).abs() < 0.001);
    assert!(found.alike(999, 998) && found.alike(998, 999) && !found.alike(998, 1));
    assert!(found.accept_as(998) > 1.0, "no score is enough");
}

#[test]
fn a_gallery_of_copies_is_calibrated_and_nobody_in_it_is_accepted_unseen() {
    let copy = Template::new(ModelId([1; 32]), &[0.6, 0.8]).unwrap();
    let ids: Vec<_> = (0..120).map(|n| ElderId::new(&format!("p_{n}")).unwrap()).collect();
    let own = [copy];
    let gallery = Gallery::new(own[0].model(), ids.iter().map(|id| (id, &own[..]))).unwrap();
    let nearest = nearest(&gallery, 0..120);
    assert!(nearest.iter().all(|near| near.len() == NEAREST));
    let found = Calibration::new(&nearest, Target::default(), CONFIGURED);
    assert_eq!((found.strangers(), found.additions()), (None, 120));
    let equal = calibrate(&[0.7; 200], 0.001);
    assert!(equal.accept() > 0.7, "beyond the largest score: {}", equal.accept());
}

#[test]
fn a_target_out_of_range_is_none() {
    for share in [0.0, -0.1, 0.2, 1.0, f64::NAN, f64::INFINITY] {
        assert_eq!(Target::new(share), None);
    }
}

/// Some galleries are of one kind, some of several, some full of resemblance.
fn scores() -> impl Strategy<Value = Vec<f32>> {
    prop::collection::vec(-0.2f32..1.0, 0..400)
}

proptest! {
    #[test]
    fn a_stricter_target_never_lowers_the_threshold(
        scores in scores(), a in -6f64..=-1.0, b in -6f64..=-1.0,
    ) {
        let (strict, loose) = (10f64.powf(a.min(b)), 10f64.powf(a.max(b)));
        let strict = calibrate(&scores, strict.max(Target::MIN));
        let loose = calibrate(&scores, loose.min(Target::MAX));
        prop_assert!(strict.accept() >= loose.accept());
        prop_assert!(loose.accept() >= ACCEPT_MIN);
    }

    #[test]
    fn the_order_of_elders_does_not_matter(
        scores in scores().prop_flat_map(|s| (Just(s.clone()), Just(s).prop_shuffle())),
    ) {
        let (one, other) = (calibrate(&scores.0, 0.001), calibrate(&scores.1, 0.001));
        prop_assert_eq!(one.accept(), other.accept());
        prop_assert_eq!(one.strangers(), other.strangers());
        prop_assert_eq!(one.additions(), other.additions());
    }

    #[test]
    fn an_elder_has_an_addition_exactly_where_a_pair_names_that_elder(scores in scores()) {
        let found = calibrate(&scores, 0.001);
        for (elder, score) in scores.iter().enumerate() {
            let added = found.accept_as(elder) > found.accept();
            prop_assert_eq!(added, score + LOOK_ALIKE_MARGIN > found.accept());
            prop_assert!(!added || found.pairs().iter().any(|p| p.first == elder || p.second == elder));
            prop_assert!(found.accept_as(elder) >= found.accept().min(score + LOOK_ALIKE_MARGIN));
        }
    }
}
