//! What becomes of pictures that are held up to the camera, over whole visits; and which frames the
//! pool of a visit takes for another person's.
//!
//! ```text
//! cargo bench --bench attacks -- --faces DIR   DIR holds a folder for each person
//! cargo bench --bench attacks -- --small       on the test photographs, to see that it works
//! ```
//!
//! People with two photographs or more are enrolled with the first. Each is then shown by that very
//! photograph and by the second one: moved by hand, unchanged, and as a recording of the moved one
//! that repeats itself after so many frames. All of these are photographs. A photograph moved by
//! hand also stands in for a living person, of whom there is no film at hand: what it says about
//! attacks is what a print does that the liveness score takes for a face, and the same figure is as
//! near as still photographs come to saying how many honest people are accepted.

#[path = "support/people.rs"]
mod people;

use canteend::camera::walkup::{Scene, WalkUps};
use canteend::camera::{FrameSource, Rate};
use canteend::config::{Config, EXAMPLE};
use canteend::daemon::calibrate::calibrated;
use canteend::domain::calibration::Target;
use canteend::domain::decision::{Decision, Doubt, Pooled};
use canteend::domain::elder::ElderId;
use canteend::domain::evidence::Sighting;
use canteend::domain::gallery::Gallery;
use canteend::domain::pool::{Added, Pool};
use canteend::domain::template::Template;
use canteend::domain::visit::{Action, Counter, Limits, Settled};
use canteend::evaluate::Share;
use canteend::frame::{Frame, decode};
use canteend::vision::track::Tracker;
use canteend::vision::{Analyser, Depth, QualityLimits};
use people::Person;
use std::fmt;
use std::path::Path;
use std::time::Duration;

/// Most people enrolled, and how many of them are shown.
const ENROLLED_MAX: usize = 240;
const SHOWN_MAX: usize = 100;
/// Width of a face at the counter, in pixels of the frame.
const NEAR_PX: f32 = 150.0;
const FRAMES_PER_SECOND: u32 = 10;
/// A visit is settled within its patience of four seconds; then it is over.
const VISIT_FRAMES: usize = 45;
/// Quality of the JPEG between camera and program.
const JPEG_QUALITY: u8 = 90;

/// How a photograph is shown.
#[derive(Clone, Copy, PartialEq)]
enum Way {
    Moved,
    Unchanged,
    /// The first so many frames of the moved one, again and again.
    Loop(usize),
}

const WAYS: [Way; 11] = [
    Way::Moved,
    Way::Unchanged,
    Way::Loop(2),
    Way::Loop(3),
    Way::Loop(4),
    Way::Loop(5),
    Way::Loop(6),
    Way::Loop(7),
    Way::Loop(8),
    Way::Loop(10),
    Way::Loop(12),
];

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Way::Moved => f.write_str("moved by hand"),
            Way::Unchanged => f.write_str("unchanged"),
            Way::Loop(frames) => write!(f, "loop of {frames} frames"),
        }
    }
}

fn main() {
    let people = people::from_arguments(2);
    let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("models");
    let mut analyser = Analyser::open(&models, QualityLimits::default()).expect("`make models`");
    let enrolled = enrol(&mut analyser, &people);
    let templates: Vec<_> = enrolled.iter().map(|(_, template)| template.clone()).collect();
    let limits = Config::parse(EXAMPLE, Path::new("canteend.toml")).expect("the example").visit;
    let ids: Vec<_> =
        (0..templates.len()).map(|n| ElderId::new(&format!("p_{n}")).expect("a word")).collect();
    let gallery = Gallery::new(analyser.model(), ids.iter().zip(templates.chunks(1)))
        .expect("one model, no one twice");
    let gallery = calibrated(gallery, Target::default(), limits.thresholds.accept, &mut |_, _| {});
    println!("enrolled {}", gallery.elders());
    println!("accept {:.3}", gallery.calibration().expect("it was calibrated").accept());
    let site = Site { limits, gallery };

    let mut moved_ones: [Vec<Shown>; 2] = [vec![], vec![]];
    for (photo, name) in ["enrolled", "another"].into_iter().enumerate() {
        let mut ends = WAYS.map(|_| vec![]);
        for (elder, (person, _)) in enrolled.iter().enumerate().take(SHOWN_MAX) {
            let mut shown = |still| Shown::of(&mut analyser, person, elder, photo, still);
            let (Some(mut moved), Some(mut unchanged)) = (shown(false), shown(true)) else {
                continue;
            };
            for (way, ends) in WAYS.into_iter().zip(&mut ends) {
                let shown = if way == Way::Unchanged { &mut unchanged } else { &mut moved };
                ends.push(visit(shown, way, &site, &mut analyser));
            }
            moved_ones[photo].push(moved);
        }
        WAYS.into_iter().zip(&ends).for_each(|(way, ends)| report(name, way, ends));
    }
    report_foreign(&moved_ones[0], &moved_ones[1], &site.gallery);
}

/// What a counter goes by.
struct Site {
    limits: Limits,
    gallery: Gallery,
}

/// People whose first photograph is good enough to enrol, with its template.
fn enrol<'p>(analyser: &mut Analyser, people: &'p [Person]) -> Vec<(&'p Person, Template)> {
    let one = |person: &'p Person| {
        let frame = decode::photo_file(&person.photos[0], Duration::ZERO).ok()?;
        Some((person, analyser.enrol(&frame).ok()?))
    };
    people.iter().filter_map(one).take(ENROLLED_MAX).collect()
}

/// Frames of one photograph before the camera, each looked at once: the same frame gives the same
/// sightings.
struct Shown {
    /// Who, as an index into the gallery.
    elder: usize,
    source: WalkUps,
    seen: Vec<Vec<Sighting>>,
}

impl Shown {
    /// `None` where no face is found in the photograph.
    fn of(
        analyser: &mut Analyser,
        person: &Person,
        elder: usize,
        photo: usize,
        still: bool,
    ) -> Option<Self> {
        let photo = person.photos[photo].clone();
        let frame = decode::photo_file(&photo, Duration::ZERO).ok()?;
        let faces = analyser.look(&frame, Depth::Places).expect("the models run");
        let face = faces.first()?.face;
        let centre = ((face.x1 + face.x2) / 2.0, (face.y1 + face.y2) / 2.0);
        let scene = Scene {
            starts: Duration::ZERO,
            photo,
            face: (centre.0, centre.1, face.width()),
            near: NEAR_PX,
            seconds: (0.0, VISIT_FRAMES as f32 / FRAMES_PER_SECOND as f32 + 1.0, 0.0),
            light: 1.0,
            turn: 0.0,
            still,
            seed: person.number as u64,
        };
        let source = WalkUps::new(vec![scene], rate());
        Some(Shown { elder, source, seen: vec![] })
    }

    /// What the frame with this number shows, counted from the first one with a face; `None` where
    /// there is none.
    fn frame(&mut self, analyser: &mut Analyser, number: usize) -> Option<&[Sighting]> {
        while self.seen.len() <= number {
            let frame = self.source.next().expect("the photograph was read before")?;
            let frame = through_camera(&frame);
            let sightings = analyser.look(&frame, Depth::Evidence).expect("the models run");
            if !(self.seen.is_empty() && sightings.is_empty()) {
                self.seen.push(sightings);
            }
        }
        self.seen.get(number).map(Vec::as_slice)
    }

    /// The frames looked at so far that a visit would pool.
    fn good(&self) -> impl Iterator<Item = &Sighting> {
        let good = |s: &&Sighting| s.flaw.is_none() && s.template.is_some();
        self.seen.iter().filter_map(|faces| faces.first()).filter(good)
    }
}

fn rate() -> Rate {
    Rate::new(FRAMES_PER_SECOND).expect("in range")
}

/// The frame after it was compressed as a camera does.
fn through_camera(frame: &Frame) -> Frame {
    let mut jpeg = vec![];
    image::codecs::jpeg::JpegEncoder::new_with_quality(&mut jpeg, JPEG_QUALITY)
        .encode(frame.rgb(), frame.width(), frame.height(), image::ExtendedColorType::Rgb8)
        .expect("a frame fits into a JPEG");
    decode::jpeg(&jpeg, frame.taken, vec![]).expect("it was just encoded")
}

/// How a visit ended.
struct End {
    /// Who is shown, as an index into the gallery.
    elder: usize,
    /// `None` where it never began, because no frame faces the camera.
    settled: Option<(Decision, Pooled)>,
}

impl End {
    fn accepted(&self) -> Option<usize> {
        match self.settled {
            Some((Decision::Accept { elder }, _)) => Some(elder),
            _ => None,
        }
    }

    fn to_staff(&self) -> bool {
        self.settled.is_some() && self.accepted().is_none()
    }

    fn frozen(&self) -> bool {
        self.settled.as_ref().is_some_and(|(_, pooled)| pooled.frozen)
    }

    fn doubts_liveness(&self) -> bool {
        match &self.settled {
            Some((Decision::Review { doubts, .. } | Decision::Unknown { doubts }, _)) => {
                doubts.contains(&Doubt::Liveness)
            }
            _ => false,
        }
    }
}

fn visit(shown: &mut Shown, way: Way, counter: &Site, analyser: &mut Analyser) -> End {
    let elder = shown.elder;
    let (mut tracker, mut at_counter) = (Tracker::default(), Counter::new(counter.limits));
    for n in 0..VISIT_FRAMES {
        let source = match way {
            Way::Moved => n,
            Way::Unchanged => 0,
            Way::Loop(frames) => n % frames,
        };
        let Some(sightings) = shown.frame(analyser, source) else { break };
        let at = rate().taken(n as u64);
        let faces = tracker.follow(at, sightings.to_vec());
        for action in at_counter.step(at, &faces, &counter.gallery) {
            if let Action::Settle(Settled::First { decision, pooled }) = action {
                return End { elder, settled: Some((decision, pooled)) };
            }
        }
    }
    End { elder, settled: None }
}

fn report(photo: &str, way: Way, ends: &[End]) {
    let share = |of: fn(&End) -> bool| Share::where_true(ends, of);
    println!("{photo} photograph, {way}");
    println!("  accepted            {}", share(|end| end.accepted() == Some(end.elder)));
    println!("  accepted as another {}", share(|e| e.accepted().is_some_and(|a| a != e.elder)));
    println!("  to staff            {}", share(End::to_staff));
    println!("    doubt of liveness {}", share(End::doubts_liveness));
    println!("    found repeating   {}", share(End::frozen));
    println!("  no visit            {}", share(|end| end.settled.is_none()));
}

/// How often the pool of a visit takes a frame for another person's: the same photograph moved,
/// another photograph of the same person, and somebody else.
fn report_foreign(own: &[Shown], other: &[Shown], gallery: &Gallery) {
    let (mut frames, mut foreign) = (0, 0);
    let (mut of_same, mut of_others) = (vec![], vec![]);
    for shown in own {
        let mut pool = Pool::default();
        for sighting in shown.good() {
            frames += 1;
            foreign += usize::from(!pooled(&mut pool, sighting, gallery));
        }
        for second in other {
            let Some(sighting) = second.good().next() else { continue };
            let mut pool = Pool::default();
            let own = shown.good().filter(|own| pooled(&mut pool, own, gallery)).count();
            if own == 0 {
                continue;
            }
            let taken = pooled(&mut pool, sighting, gallery);
            if second.elder == shown.elder { &mut of_same } else { &mut of_others }.push(!taken);
        }
    }
    println!("frames left out as another person's");
    println!("  of the same photograph    {}", Share::new(foreign, frames));
    println!("  of another photograph     {}", Share::where_true(&of_same, |left_out| *left_out));
    println!("  of another person         {}", Share::where_true(&of_others, |left_out| *left_out));
}

fn pooled(pool: &mut Pool, sighting: &Sighting, gallery: &Gallery) -> bool {
    let template = sighting.template.as_ref().expect("good frames have one");
    pool.add(sighting, template, gallery) == Added::Pooled
}
