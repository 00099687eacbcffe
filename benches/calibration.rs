//! All elders of a gallery held against each other, on all cores, and the thresholds from it.

#[path = "support/faces.rs"]
mod faces;

use canteend::daemon::calibrate::calibrated;
use canteend::domain::calibration::Target;
use std::time::Instant;

/// Among so few directions two hundred people have nearest others at about 0.5, as elderly people of
/// one region do.
const DIRECTIONS: usize = 40;

fn main() {
    let small = std::env::args().any(|a| a == "--small");
    let sizes: &[usize] = if small { &[500] } else { &[1000, 2000, 20_000] };
    for &elders in sizes {
        let gallery = faces::gallery(&faces::random(elders, DIRECTIONS, 3));
        let started = Instant::now();
        let gallery = calibrated(gallery, Target::default(), 0.66, &mut |_, _| {});
        let took = started.elapsed();
        let calibration = gallery.calibration().expect("it was calibrated");
        let strangers = calibration.strangers().expect("enough elders");
        println!("elders {elders}");
        println!("calibration_ms {:.1}", took.as_secs_f64() * 1e3);
        println!("accept {:.3}", calibration.accept());
        println!("strangers {:.2e}", strangers.share);
    }
}
