//! Follows faces from frame to frame by where they are.
//!
//! A face continues the track whose last box it overlaps most; pairs are taken greedily, best
//! overlap first, as in SORT without its motion model (Bewley et al., 2016): at a counter, faces
//! move little between two frames. Whether the same *person* is still on a track is decided by
//! appearance in [`crate::domain::pool`].

use crate::domain::evidence::{FaceBox, Sighting, TrackId, Tracked};
use std::time::Duration;

/// Least overlap (intersection over union) that continues a track.
const OVERLAP_MIN: f32 = 0.3;
/// A track ends when nothing continues it for this long.
const LOST_AFTER: Duration = Duration::from_millis(600);
/// Most tracks kept.
const TRACKS_MAX: usize = 32;

struct Track {
    id: TrackId,
    last: FaceBox,
    seen: Duration,
}

/// Gives sightings their tracks.
#[derive(Default)]
pub struct Tracker {
    tracks: Vec<Track>,
    made: u64,
}

impl Tracker {
    /// Puts the sightings of the frame taken at `at` on their tracks.
    pub fn follow(&mut self, at: Duration, sightings: Vec<Sighting>) -> Vec<Tracked> {
        self.tracks.retain(|t| at.saturating_sub(t.seen) <= LOST_AFTER);
        let mut pairs: Vec<(f32, usize, usize)> = vec![];
        for (t, track) in self.tracks.iter().enumerate() {
            for (s, sighting) in sightings.iter().enumerate() {
                let overlap = track.last.iou(&sighting.face);
                if overlap >= OVERLAP_MIN {
                    pairs.push((overlap, t, s));
                }
            }
        }
        pairs.sort_by(|a, b| b.0.total_cmp(&a.0));
        let mut of_sighting: Vec<Option<usize>> = vec![None; sightings.len()];
        for (_, t, s) in pairs {
            if of_sighting[s].is_none() && !of_sighting.contains(&Some(t)) {
                of_sighting[s] = Some(t);
            }
        }
        sightings
            .into_iter()
            .zip(of_sighting)
            .map(|(sighting, track)| Tracked { track: self.mark(track, &sighting, at), sighting })
            .collect()
    }

    /// Moves the track on to the sighting, or begins one.
    fn mark(&mut self, track: Option<usize>, sighting: &Sighting, at: Duration) -> TrackId {
        if let Some(track) = track {
            let track = &mut self.tracks[track];
            (track.last, track.seen) = (sighting.face, at);
            return track.id;
        }
        self.made += 1;
        let id = TrackId(self.made);
        if self.tracks.len() < TRACKS_MAX {
            self.tracks.push(Track { id, last: sighting.face, seen: at });
        }
        id
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::evidence::Quality;

    fn at(x: f32) -> Sighting {
        Sighting {
            face: FaceBox { x1: x, y1: 0.0, x2: x + 100.0, y2: 100.0 },
            score: 1.0,
            points: [[0.0; 2]; 5],
            quality: Quality {
                eye_distance_px: 50.0,
                sharpness: 1.0,
                brightness: 100.0,
                contrast: 40.0,
                backlight: 0.0,
                yaw: 0.0,
                pitch: 0.0,
                inside: 1.0,
                features: 0.8,
            },
            flaw: None,
            liveness: None,
            template: None,
        }
    }

    fn tracks(tracker: &mut Tracker, ms: u64, xs: &[f32]) -> Vec<u64> {
        let sightings = xs.iter().map(|x| at(*x)).collect();
        tracker.follow(Duration::from_millis(ms), sightings).iter().map(|t| t.track.0).collect()
    }

    #[test]
    fn a_face_that_moves_a_little_stays_on_its_track() {
        let mut tracker = Tracker::default();
        assert_eq!(tracks(&mut tracker, 0, &[0.0]), [1]);
        assert_eq!(tracks(&mut tracker, 100, &[30.0]), [1]);
        assert_eq!(tracks(&mut tracker, 200, &[60.0]), [1]);
    }

    #[test]
    fn a_face_elsewhere_begins_a_track_and_a_lost_one_is_not_taken_up() {
        let mut tracker = Tracker::default();
        assert_eq!(tracks(&mut tracker, 0, &[0.0]), [1]);
        assert_eq!(tracks(&mut tracker, 100, &[300.0]), [2]);
        assert_eq!(tracks(&mut tracker, 601, &[0.0, 300.0]), [3, 2]);
    }

    #[test]
    fn two_faces_side_by_side_keep_their_tracks_in_any_order() {
        let mut tracker = Tracker::default();
        assert_eq!(tracks(&mut tracker, 0, &[0.0, 110.0]), [1, 2]);
        assert_eq!(tracks(&mut tracker, 100, &[105.0, 10.0]), [2, 1]);
    }

    #[test]
    fn one_track_is_given_to_one_face_only() {
        let mut tracker = Tracker::default();
        assert_eq!(tracks(&mut tracker, 0, &[0.0]), [1]);
        assert_eq!(tracks(&mut tracker, 100, &[20.0, 5.0]), [2, 1]);
    }
}
