use super::super::decision::Doubt;
use super::super::evidence::{FaceBox, Quality};
use super::super::template::ModelId;
use super::*;
use proptest::prelude::*;

const MODEL: ModelId = ModelId([1; 32]);
const FRAME: Duration = Duration::from_millis(100);
const LIMITS: Limits = Limits {
    thresholds: Thresholds { accept: 0.6, candidate: 0.4, margin: 0.1, liveness: 0.3, frames: 3 },
    dwell: Duration::from_secs(1),
    patience: Duration::from_secs(3),
    gone_after: Duration::from_secs(1),
    same_visit: Duration::from_secs(600),
};
/// People 0 to 3 are in the gallery, the others are strangers.
const ENROLLED: usize = 4;

/// Axis `person` of an eight-dimensional space: two people have cosine 0.
fn template(person: usize) -> Template {
    let mut values = [0.0; 8];
    values[person] = 1.0;
    Template::new(MODEL, &values).unwrap()
}

fn gallery() -> Gallery {
    let ids: Vec<_> = (0..ENROLLED).map(|n| ElderId::new(&format!("p_{n}")).unwrap()).collect();
    let templates: Vec<_> = (0..ENROLLED).map(|n| [template(n)]).collect();
    Gallery::new(MODEL, ids.iter().zip(templates.iter().map(|t| t.as_slice()))).unwrap()
}

#[derive(Clone, Copy, Debug)]
struct Face {
    person: usize,
    track: u64,
    eyes: f32,
    flaw: Option<Flaw>,
    liveness: f32,
}

fn face(person: usize, track: u64) -> Face {
    Face { person, track, eyes: 60.0, flaw: None, liveness: 0.9 }
}

/// A counter, its gallery and a clock that moves one frame at a time.
struct Scene {
    counter: Counter,
    gallery: Gallery,
    frame: u32,
    frozen: bool,
    settled: Vec<(Duration, Settled)>,
    shown: Vec<Prompt>,
}

impl Scene {
    fn new() -> Self {
        let (counter, gallery) = (Counter::new(LIMITS), gallery());
        Scene { counter, gallery, frame: 0, frozen: false, settled: vec![], shown: vec![] }
    }

    fn now(&self) -> Duration {
        FRAME * self.frame
    }

    fn see(&mut self, seconds: f32, faces: &[Face]) -> &mut Self {
        for _ in 0..(seconds * 10.0).round() as u32 {
            self.frame += 1;
            let wobble = if self.frozen { 0.0 } else { self.frame as f32 * 0.01 };
            let seen: Vec<_> = faces.iter().map(|f| tracked(f, wobble)).collect();
            for action in self.counter.step(self.now(), &seen, &self.gallery) {
                match action {
                    Action::Settle(settled) => self.settled.push((self.now(), settled)),
                    Action::Show(prompt) => self.shown.push(prompt),
                }
            }
        }
        self
    }

    fn decisions(&self) -> Vec<Result<Decision, Option<usize>>> {
        let brief = |s: &Settled| match s {
            Settled::First { decision, .. } => Ok(decision.clone()),
            Settled::Again { elder } => Err(*elder),
        };
        self.settled.iter().map(|(_, s)| brief(s)).collect()
    }
}

fn tracked(face: &Face, wobble: f32) -> Tracked {
    let quality = Quality {
        eye_distance_px: face.eyes,
        sharpness: 1.0,
        brightness: 120.0,
        contrast: 40.0,
        backlight: 0.0,
        yaw: 0.0,
        pitch: 0.0,
        inside: 1.0,
        features: 0.8,
    };
    Tracked {
        track: TrackId(face.track),
        sighting: Sighting {
            face: FaceBox { x1: 0.0, y1: 0.0, x2: 100.0, y2: 100.0 },
            score: 0.9,
            points: [[wobble, 0.0]; 5],
            quality,
            flaw: face.flaw,
            liveness: Some(face.liveness),
            template: face.flaw.is_none().then(|| template(face.person)),
        },
    }
}

fn accept(elder: usize) -> Result<Decision, Option<usize>> {
    Ok(Decision::Accept { elder })
}

#[test]
fn an_elder_at_the_spot_is_settled_once_after_the_dwell_time() {
    let mut scene = Scene::new();
    scene.see(0.9, &[face(2, 1)]);
    assert_eq!(scene.settled, []);
    scene.see(20.0, &[face(2, 1)]);
    assert_eq!(scene.decisions(), [accept(2)]);
    assert_eq!(scene.settled[0].0, FRAME + LIMITS.dwell);
}

#[test]
fn walking_past_is_no_visit() {
    let mut scene = Scene::new();
    scene.see(0.8, &[face(0, 1)]).see(5.0, &[]);
    assert_eq!(scene.settled, []);
    assert_eq!(scene.shown, [Prompt::Wait, Prompt::Welcome]);
}

#[test]
fn standing_far_away_or_turned_away_is_no_visit() {
    for flaw in [Flaw::TooFar, Flaw::TurnedAway, Flaw::CutOff] {
        let mut scene = Scene::new();
        scene.see(30.0, &[Face { flaw: Some(flaw), ..face(0, 1) }]);
        assert_eq!(scene.settled, []);
        assert_eq!(scene.shown, [Prompt::Mend(flaw)]);
    }
}

#[test]
fn the_queue_behind_does_not_disturb() {
    let mut scene = Scene::new();
    let behind = Face { eyes: 35.0, ..face(1, 2) };
    scene.see(2.0, &[behind, face(0, 1)]);
    assert_eq!(scene.decisions(), [accept(0)]);
}

#[test]
fn a_stranger_goes_to_staff_when_patience_ends() {
    let mut scene = Scene::new();
    scene.see(2.9, &[face(6, 1)]);
    assert_eq!(scene.settled, []);
    scene.see(5.0, &[face(6, 1)]);
    let unknown = Decision::Unknown { doubts: vec![Doubt::NoMatch] };
    assert_eq!(scene.decisions(), [Ok(unknown)]);
}

#[test]
fn a_face_that_stays_dark_or_covered_goes_to_staff_and_is_told_before() {
    for flaw in [Flaw::TooDark, Flaw::Covered] {
        let mut scene = Scene::new();
        scene.see(5.0, &[Face { flaw: Some(flaw), ..face(0, 1) }]);
        let unknown = Decision::Unknown { doubts: vec![Doubt::Quality] };
        assert_eq!(scene.decisions(), [Ok(unknown)]);
        assert_eq!(scene.shown, [Prompt::Mend(flaw)]);
    }
}

#[test]
fn a_frozen_picture_of_an_elder_goes_to_staff() {
    let mut scene = Scene::new();
    scene.frozen = true;
    scene.see(5.0, &[face(0, 1)]);
    let review = Decision::Review { candidates: vec![0], doubts: vec![Doubt::Liveness] };
    assert_eq!(scene.decisions(), [Ok(review)]);
}

#[test]
fn seen_again_soon_it_is_the_same_visit_and_later_a_new_one() {
    let mut scene = Scene::new();
    scene.see(2.0, &[face(0, 1)]).see(60.0, &[]).see(2.0, &[face(0, 2)]);
    scene.see(590.0, &[]).see(2.0, &[face(0, 3)]);
    scene.see(601.0, &[]).see(2.0, &[face(0, 4)]);
    assert_eq!(scene.decisions(), [accept(0), Err(Some(0)), Err(Some(0)), accept(0)]);
}

#[test]
fn a_stranger_who_steps_aside_and_back_is_the_same_visit() {
    let mut scene = Scene::new();
    scene.see(4.0, &[face(6, 1)]).see(3.0, &[]).see(4.0, &[face(6, 2)]).see(4.0, &[face(7, 3)]);
    let unknown = || Ok(Decision::Unknown { doubts: vec![Doubt::NoMatch] });
    assert_eq!(scene.decisions(), [unknown(), Err(None), unknown()]);
}

#[test]
fn faces_that_cannot_be_used_are_one_diner_in_the_time_of_a_visit() {
    let mut scene = Scene::new();
    for track in 0..60 {
        let covered = Face { flaw: Some(Flaw::Covered), ..face(5, track) };
        scene.see(4.0, &[covered]).see(3.0, &[]);
    }
    let first = scene.decisions().iter().filter(|d| d.is_ok()).count();
    assert_eq!((scene.settled.len(), first), (60, 1), "seven minutes of it");
    // They do not hold up a face that can be used, and count anew when the time is over.
    scene.see(2.0, &[face(1, 99)]).see(200.0, &[]);
    assert_eq!(scene.decisions().last(), Some(&accept(1)));
    scene.see(4.0, &[Face { flaw: Some(Flaw::Covered), ..face(5, 100) }]);
    assert!(scene.decisions().last().unwrap().is_ok());
}

#[test]
fn two_people_side_by_side_are_asked_to_come_one_at_a_time() {
    let mut scene = Scene::new();
    scene.see(5.0, &[face(0, 1), Face { eyes: 58.0, ..face(1, 2) }]);
    assert_eq!(scene.settled, []);
    assert_eq!(scene.shown, [Prompt::OneAtATime]);
    scene.see(2.0, &[face(1, 2)]).see(2.0, &[]);
    assert_eq!(scene.decisions(), [accept(1)]);
}

#[test]
fn one_person_replacing_another_on_the_same_track_is_never_mixed_up() {
    let mut scene = Scene::new();
    scene.see(0.7, &[face(0, 1)]).see(3.0, &[face(1, 1)]).see(3.0, &[face(2, 1)]);
    assert_eq!(scene.decisions(), [accept(1), accept(2)]);
}

#[test]
fn a_replaced_gallery_restarts_the_evidence_but_not_what_was_settled() {
    let mut scene = Scene::new();
    scene.see(0.8, &[face(0, 1)]);
    scene.counter.gallery_replaced();
    scene.see(3.0, &[face(0, 1)]);
    scene.counter.gallery_replaced();
    scene.see(3.0, &[face(0, 1)]);
    assert_eq!(scene.decisions(), [accept(0)]);
}

/// A stretch of time: how long, and who stands there how.
fn stretch() -> impl Strategy<Value = (f32, Vec<Face>)> {
    let flaws = prop::sample::select(vec![
        None,
        None,
        None,
        Some(Flaw::TooFar),
        Some(Flaw::TurnedAway),
        Some(Flaw::Blurred),
    ]);
    let one = (0usize..7, 1u64..4, 30f32..90.0, flaws, 0f32..1.0).prop_map(
        |(person, track, eyes, flaw, liveness)| Face { person, track, eyes, flaw, liveness },
    );
    ((1u32..40).prop_map(|n| n as f32 / 10.0), prop::collection::vec(one, 0..3))
}

proptest! {
    #[test]
    fn whatever_people_do_the_invariants_hold(day in prop::collection::vec(stretch(), 1..30)) {
        let mut scene = Scene::new();
        let mut facing: Vec<(Duration, usize)> = vec![];
        for (seconds, mut faces) in day {
            faces.dedup_by_key(|f| f.track);
            let (from, before) = (scene.now(), scene.settled.len());
            scene.see(seconds, &faces);
            for frame in 1..=(seconds * 10.0).round() as u32 {
                for f in faces.iter().filter(|f| f.flaw.is_none()) {
                    facing.push((from + FRAME * frame, f.person));
                }
            }
            for (at, settled) in &scene.settled[before..] {
                // Invariant 1: whoever is accepted was seen facing, often enough, just before.
                if let Settled::First { decision: Decision::Accept { elder }, pooled } = settled {
                    let frames = facing.iter().filter(|(t, p)| p == elder && t <= at).count();
                    prop_assert!(frames as u32 >= LIMITS.thresholds.frames);
                    // Invariant 3: nobody else's frames are in the pool.
                    prop_assert!(pooled.ranking.unwrap().best.score > 0.9);
                }
            }
        }
        // Invariant 2: no elder is accepted twice within the time of one visit.
        let accepted: Vec<_> = scene.settled.iter().filter_map(|(at, s)| match s {
            Settled::First { decision: Decision::Accept { elder }, .. } => Some((*at, *elder)),
            _ => None,
        }).collect();
        for (i, (t1, e1)) in accepted.iter().enumerate() {
            for (t2, e2) in &accepted[i + 1..] {
                prop_assert!(e1 != e2 || *t2 - *t1 >= LIMITS.same_visit);
            }
        }
    }
}
