//! The elders of a gallery held against each other.

use super::codes::Queries;
use super::top::Top;
use super::{Candidate, Gallery};
use crate::domain::template::dot;
use std::ops::Range;

/// Templates that pass over a block of rows together, each in one register.
const TOGETHER: usize = 8;

/// Templates of some elders on their way through the gallery.
struct Tile {
    rows: Range<usize>,
    queries: Queries<TOGETHER>,
    floors: [f32; TOGETHER],
}

impl Gallery {
    /// For each elder of the range the `count` most similar other elders, best first. A score is
    /// the best over the templates of both.
    ///
    /// The whole gallery passes by once, block by block, and each block meets all templates of the
    /// range while it is in the nearest cache; so a range of some hundred elders costs little
    /// memory bandwidth.
    ///
    /// # Panics
    /// If the range reaches beyond the gallery.
    pub fn neighbours(&self, elders: Range<usize>, count: usize) -> Vec<Vec<Candidate>> {
        assert!(elders.end <= self.elders(), "{elders:?} of {} elders", self.elders());
        let first_row = |elder: usize| self.owners.partition_point(|o| (*o as usize) < elder);
        let rows = first_row(elders.start)..first_row(elders.end);
        let mut tops: Vec<Top> = elders.clone().map(|_| Top::new(count)).collect();
        let mut tiles: Vec<Tile> = rows
            .clone()
            .step_by(TOGETHER)
            .map(|first| self.tile(first..rows.end.min(first + TOGETHER), count))
            .collect();
        for block in self.codes.blocks() {
            for Tile { rows, queries, floors } in &mut tiles {
                self.codes.above(block.clone(), queries, floors, |other, q| {
                    let own = rows.start + q;
                    let top = &mut tops[self.owner(own) - elders.start];
                    if self.owner(own) != self.owner(other) {
                        let score = dot(self.row(own), self.row(other));
                        top.offer(Candidate { elder: self.owner(other), score });
                    }
                    top.floor()
                });
            }
        }
        tops.into_iter().map(Top::into_list).collect()
    }

    fn tile(&self, rows: Range<usize>, count: usize) -> Tile {
        let queries = Queries::new(rows.clone().map(|row| self.row(row)));
        // Where there is no template, nothing is above the floor.
        let mut floors = [f32::INFINITY; TOGETHER];
        floors[..rows.len()].fill(Top::new(count).floor());
        Tile { rows, queries, floors }
    }
}
