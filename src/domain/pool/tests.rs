use super::super::elder::ElderId;
use super::super::evidence::{FaceBox, Quality};
use super::super::template::ModelId;
use super::*;
use proptest::prelude::*;

const MODEL: ModelId = ModelId([1; 32]);
const DIMENSIONS: usize = 8;

fn along(values: [f32; DIMENSIONS]) -> Template {
    Template::new(MODEL, &values).unwrap()
}

/// Axis `person`, leaning towards the last axis.
fn template(person: usize, lean: f32) -> Template {
    let mut values = [0.0; DIMENSIONS];
    (values[person], values[DIMENSIONS - 1]) = (1.0, lean);
    along(values)
}

fn gallery(people: usize) -> Gallery {
    let ids: Vec<_> = (0..people).map(|n| ElderId::new(&format!("p_{n}")).unwrap()).collect();
    let templates: Vec<_> = (0..people).map(|n| [template(n, 0.0)]).collect();
    Gallery::new(MODEL, ids.iter().zip(templates.iter().map(|t| t.as_slice()))).unwrap()
}

/// A flawless frame whose five points lie at `place`.
fn sighting(place: usize, liveness: Option<f32>) -> Sighting {
    Sighting {
        face: FaceBox { x1: 0.0, y1: 0.0, x2: 100.0, y2: 100.0 },
        score: 0.9,
        points: [[place as f32, 0.0]; 5],
        quality: Quality {
            eye_distance_px: 60.0,
            sharpness: 1.0,
            brightness: 120.0,
            contrast: 40.0,
            backlight: 0.0,
            yaw: 0.0,
            pitch: 0.0,
            inside: 1.0,
            features: 0.8,
        },
        flaw: None,
        liveness,
        template: None,
    }
}

/// A pool of these frames, each at another place, and what it said of each.
fn pooled(templates: &[Template], gallery: &Gallery) -> (Pool, Vec<Added>) {
    let mut pool = Pool::default();
    let add = |(n, template)| pool.add(&sighting(n, Some(0.9)), template, gallery);
    let said = templates.iter().enumerate().map(add).collect();
    (pool, said)
}

/// Whether frames of one person at these places look like pictures shown again.
fn frozen(places: &[usize]) -> bool {
    let gallery = gallery(1);
    let mut pool = Pool::default();
    for place in places {
        pool.add(&sighting(*place, None), &template(0, 0.0), &gallery);
    }
    pool.pooled(&gallery).frozen
}

fn same(a: &Template, b: &Template) -> bool {
    a.cosine(b).unwrap() > 1.0 - 1e-5
}

#[test]
fn nothing_pooled_shows_nothing() {
    let shown = Pool::default().pooled(&gallery(2));
    assert_eq!((shown.ranking, shown.frames, shown.liveness, shown.frozen), (None, 0, None, false));
}

#[test]
fn the_pooled_template_is_the_normalised_mean_of_the_frames() {
    let (pool, _) = pooled(&[template(0, 0.5), template(0, -0.5)], &gallery(1));
    assert!(same(pool.template().unwrap(), &template(0, 0.0)));
}

#[test]
fn only_frames_that_agree_with_the_pooled_best_match_are_counted_as_agreeing() {
    let between = |to: f32| along([1.0, to, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
    let gallery = gallery(2);
    let frames = [between(0.0), between(0.2), between(1.2), between(0.1)];
    let shown = pooled(&frames, &gallery).0.pooled(&gallery);
    assert_eq!(shown.ranking.unwrap().best.elder, 0);
    assert_eq!((shown.frames, shown.agreeing), (4, 3));
}

#[test]
fn liveness_is_the_mean_over_the_frames_that_have_one() {
    let gallery = gallery(1);
    let mut pool = Pool::default();
    for (n, liveness) in [Some(0.2), None, Some(0.6)].into_iter().enumerate() {
        pool.add(&sighting(n, liveness), &template(0, 0.0), &gallery);
    }
    assert!((pool.pooled(&gallery).liveness.unwrap() - 0.4).abs() < 1e-6);
}

#[test]
fn one_foreign_frame_is_left_out_and_the_second_in_a_row_is_another_person() {
    use Added::{Foreign, Pooled, Replaced};
    let cases: [(&[usize], &[Added]); 4] = [
        (&[0, 1], &[Pooled, Foreign]),
        (&[0, 1, 1], &[Pooled, Foreign, Replaced]),
        (&[0, 1, 0, 1], &[Pooled, Foreign, Pooled, Foreign]),
        // The two foreign frames need not show the same other person.
        (&[0, 1, 2], &[Pooled, Foreign, Replaced]),
    ];
    for (people, expected) in cases {
        let frames: Vec<_> = people.iter().map(|p| template(*p, 0.0)).collect();
        let (pool, said) = pooled(&frames, &gallery(3));
        assert_eq!(said, expected);
        assert!(same(pool.template().unwrap(), &frames[0]), "{people:?}");
    }
}

#[test]
fn a_full_pool_takes_no_more_but_still_notices_another_person() {
    let gallery = gallery(2);
    let (mut pool, _) = pooled(&vec![template(0, 0.0); POOL_FRAMES_MAX], &gallery);
    let full = pool.pooled(&gallery);
    assert_eq!(full.frames as usize, POOL_FRAMES_MAX);
    let late = sighting(1000, Some(0.0));
    assert_eq!(pool.add(&late, &template(0, 0.5), &gallery), Added::Pooled);
    assert_eq!(pool.pooled(&gallery), full);
    assert_eq!(pool.add(&late, &template(1, 0.0), &gallery), Added::Foreign);
    assert_eq!(pool.add(&late, &template(1, 0.0), &gallery), Added::Replaced);
}

#[test]
fn pictures_shown_again_are_frozen_and_a_hiccup_of_the_camera_is_not() {
    let cases: [(&[usize], bool); 9] = [
        (&[0], false),
        (&[0, 0], true),
        (&[0, 0, 0, 0], true),
        // A frame that the driver hands over twice.
        (&[0, 1, 1, 2], false),
        (&[0, 0, 1, 1, 2, 2], true),
        // A stale buffer, once.
        (&[0, 1, 0, 2, 3], false),
        (&[0, 1, 0, 1], true),
        (&[0, 1, 2, 1, 0], true),
        (&[0, 1, 2, 3, 4, 5, 6, 7, 0, 1, 2], true),
    ];
    for (places, expected) in cases {
        assert_eq!(frozen(places), expected, "{places:?}");
    }
}

proptest! {
    #[test]
    fn every_frame_of_one_face_is_pooled_up_to_the_bound(
        leans in prop::collection::vec(-0.5..0.5f32, 1..2 * POOL_FRAMES_MAX),
    ) {
        let gallery = gallery(1);
        let frames: Vec<_> = leans.iter().map(|lean| template(0, *lean)).collect();
        let (pool, said) = pooled(&frames, &gallery);
        prop_assert!(said.iter().all(|s| *s == Added::Pooled));
        let shown = pool.pooled(&gallery);
        prop_assert_eq!(shown.frames as usize, frames.len().min(POOL_FRAMES_MAX));
        prop_assert_eq!(shown.agreeing, shown.frames);
        prop_assert!(!shown.frozen);
    }

    #[test]
    fn in_any_order_of_people_one_face_is_pooled_and_a_change_is_said(
        people in prop::collection::vec(0..3usize, 1..60),
    ) {
        let frames: Vec<_> = people.iter().map(|p| template(*p, 0.0)).collect();
        let (pool, said) = pooled(&frames, &gallery(3));
        prop_assert!(same(pool.template().unwrap(), &frames[0]));
        let own = |n: usize| people[n] == people[0];
        for (n, said) in said.iter().enumerate() {
            let expected = match own(n) {
                true => Added::Pooled,
                false if own(n - 1) => Added::Foreign,
                false => Added::Replaced,
            };
            prop_assert_eq!(*said, expected, "frame {}", n);
        }
    }

    #[test]
    fn a_loop_is_frozen_from_the_second_frame_of_its_second_round(
        period in 2..POOL_FRAMES_MAX - 2, more in 0..8usize,
    ) {
        let shown = |frames: usize| (0..frames).map(|n| n % period).collect::<Vec<_>>();
        prop_assert!(!frozen(&shown(period)));
        prop_assert!(frozen(&shown(period + 2 + more)));
    }
}
