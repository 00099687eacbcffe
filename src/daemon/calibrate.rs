//! Takes thresholds from a gallery, on all cores.
//!
//! 1. A gallery has its thresholds before it serves: both are swapped in one step and never belong
//!    to different rosters, and nothing is decided meanwhile by a threshold that does not fit.
//! 2. A thousand elders take ten milliseconds, twenty thousand about two seconds of two free cores
//!    (`benches/calibration.rs`). So that a box that is switched on serves at once, the store keeps
//!    the last result, which counts for the very same gallery and settings only.
//! 3. The result does not depend on the number of threads.

use crate::domain::calibration::{self, Calibration, Nearest, Target};
use crate::domain::gallery::Gallery;
use crate::store::{CalibrationSettings, GalleryError, Store};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;

/// Elders that a thread takes at once: their coded templates fit the second-level cache.
const PART_ELDERS: usize = 256;
/// Most threads; memory bandwidth feeds no more.
const THREADS_MAX: usize = 16;

/// The gallery with thresholds from its own scores. `configured` serves where it is too small.
/// `progress` is told how many elders of how many are done.
pub fn calibrated(
    gallery: Gallery,
    target: Target,
    configured: f32,
    progress: &mut dyn FnMut(usize, usize),
) -> Gallery {
    let threads = thread::available_parallelism().map_or(1, usize::from).min(THREADS_MAX);
    let nearest = nearest(&gallery, threads, progress);
    gallery.with_calibration(Calibration::new(&nearest, target, configured))
}

/// The gallery with the thresholds that the store keeps for it, or else with new ones, which the
/// store keeps from then on.
///
/// # Errors
/// [`GalleryError`] where the store fails.
pub fn kept_or_taken(
    store: &mut Store,
    gallery: Gallery,
    settings: &CalibrationSettings,
) -> Result<Gallery, GalleryError> {
    let kept = store.calibration(settings)?.filter(|kept| kept.elders() == gallery.elders());
    if let Some(kept) = kept {
        return Ok(gallery.with_calibration(kept));
    }
    let gallery = calibrated(gallery, settings.target, settings.configured, &mut |_, _| {});
    if let (Some(change), Some(taken)) = (store.gallery_change()?, gallery.calibration()) {
        store.keep_calibration(settings, change.generation, taken)?;
    }
    Ok(gallery)
}

/// Every elder's nearest others, in the order of the gallery.
fn nearest(
    gallery: &Gallery,
    threads: usize,
    progress: &mut dyn FnMut(usize, usize),
) -> Vec<Nearest> {
    let elders = gallery.elders();
    let parts = elders.div_ceil(PART_ELDERS);
    let next = AtomicUsize::new(0);
    let (send, done) = sync_channel(threads);
    let work = |send: SyncSender<(usize, Vec<Nearest>)>| {
        while let Some(part) = Some(next.fetch_add(1, Ordering::Relaxed)).filter(|p| *p < parts) {
            let range = part * PART_ELDERS..elders.min((part + 1) * PART_ELDERS);
            let found = calibration::nearest(gallery, range);
            send.send((part, found)).expect("the receiver waits for every part");
        }
    };
    let mut found = vec![vec![]; parts];
    thread::scope(|scope| {
        for _ in 0..threads.min(parts) {
            let send = send.clone();
            scope.spawn(|| work(send));
        }
        drop(send);
        for count in 0..parts {
            let (part, nearest) = done.recv().expect("a thread sends every part");
            found[part] = nearest;
            progress(elders.min((count + 1) * PART_ELDERS), elders);
        }
    });
    found.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::elder::ElderId;
    use crate::domain::template::{ModelId, Template};

    #[test]
    fn any_number_of_threads_finds_the_same_and_progress_ends_at_all() {
        let elders = 2 * PART_ELDERS + 7;
        let ids: Vec<_> = (0..elders).map(|n| ElderId::new(&format!("p_{n}")).unwrap()).collect();
        let templates: Vec<_> = (0..elders)
            .map(|n| {
                let angle = n as f32 * 0.37;
                let values = [angle.sin(), angle.cos(), (angle * 1.7).sin(), 0.5];
                [Template::new(ModelId([1; 32]), &values).unwrap()]
            })
            .collect();
        let rows = ids.iter().zip(templates.iter().map(|t| t.as_slice()));
        let gallery = Gallery::new(ModelId([1; 32]), rows).unwrap();
        let expected = calibration::nearest(&gallery, 0..elders);
        for threads in [1, 2, 5] {
            let mut told = vec![];
            let found = nearest(&gallery, threads, &mut |done, all| told.push((done, all)));
            assert_eq!(found, expected, "{threads} threads");
            assert_eq!(told.last(), Some(&(elders, elders)));
            assert_eq!(told.len(), 3);
        }
    }

    #[test]
    fn an_empty_gallery_serves_with_the_configured_threshold() {
        let empty = Gallery::new(ModelId([1; 32]), []).unwrap();
        let gallery = calibrated(empty, Target::default(), 0.66, &mut |_, _| {});
        let calibration = gallery.calibration().unwrap();
        assert_eq!((calibration.accept(), calibration.strangers()), (0.66, None));
    }
}
