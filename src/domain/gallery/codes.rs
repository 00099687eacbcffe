//! Templates in one byte a dimension, and how far a cosine computed from them can be off.
//!
//! A row x is kept as s·c with whole numbers c (−127 to 127) and a step s, so that x = s·c + e; a
//! query q as t·d + f likewise, in twelve bits. Then
//!
//! ```text
//! x·q = s·t·(c·d) + (s·c)·f + e·q,   so   |x·q − s·t·(c·d)| ≤ ‖e‖·‖q‖ + (‖x‖ + ‖e‖)·‖f‖
//! ```
//!
//! by Cauchy and Schwarz, where ‖e‖ and ‖f‖ are not estimated but measured on each vector, and ‖x‖
//! and ‖q‖ are 1. What the lengths lack to 1, the rounding of the few operations here and that of
//! the exact 32-bit cosine itself (at most n·ε/2 for n products, in any order of summation) are
//! covered by (n + 16)·ε. A face of 512 values has ‖e‖ ≈ 0.01.
//!
//! 1. No cosine, as `template::dot` computes it, is above the bound given here.
//! 2. Codes never decide anything: they only say which rows need no exact look.

use super::kernel::{self, LANES, QUERY_CODE_MAX, ROW_CODE_MAX};
use std::ops::Range;

/// Rows that are scanned between two looks at their sums: 32 KB of codes stay in the nearest cache
/// while many queries pass over them.
const BLOCK_ROWS: usize = 64;

/// Codes of all rows of a gallery.
#[derive(Default)]
pub(super) struct Codes {
    dimensions: usize,
    codes: Vec<i8>,
    steps: Vec<f32>,
    /// The largest error in each block of rows.
    errors: Vec<f32>,
}

impl Codes {
    /// Room for `rows` rows of `dimensions` values.
    pub(super) fn with_capacity(dimensions: usize, rows: usize) -> Self {
        Codes {
            dimensions,
            codes: Vec::with_capacity(dimensions.next_multiple_of(LANES) * rows),
            steps: Vec::with_capacity(rows),
            errors: vec![0.0; rows.div_ceil(BLOCK_ROWS)],
        }
    }

    /// Adds a row of unit length.
    ///
    /// # Panics
    /// If there is no room for it, or it has another size.
    pub(super) fn push(&mut self, row: &[f32]) {
        assert_eq!(row.len(), self.dimensions, "the gallery has one size of template");
        let (step, error) = code(row, f32::from(ROW_CODE_MAX), |c| self.codes.push(c as i8));
        self.codes.resize(self.codes.len().next_multiple_of(LANES), 0);
        let largest = &mut self.errors[self.steps.len() / BLOCK_ROWS];
        *largest = largest.max(error);
        self.steps.push(step);
    }

    /// Bytes held.
    pub(super) fn bytes(&self) -> usize {
        self.codes.capacity() + (self.steps.capacity() + self.errors.capacity()) * size_of::<f32>()
    }

    /// The rows in blocks, in order.
    pub(super) fn blocks(&self) -> impl Iterator<Item = Range<usize>> {
        let rows = self.steps.len();
        (0..rows).step_by(BLOCK_ROWS).map(move |first| first..rows.min(first + BLOCK_ROWS))
    }

    /// Calls `look` with each row of a block, in order, whose cosine to a query may be above that
    /// query's floor, and with the query's number; it answers with the new floor.
    pub(super) fn above<const Q: usize>(
        &self,
        block: Range<usize>,
        queries: &Queries<Q>,
        floors: &mut [f32; Q],
        mut look: impl FnMut(usize, usize) -> f32,
    ) {
        let stride = self.dimensions.next_multiple_of(LANES);
        let mut sums = [[0; Q]; BLOCK_ROWS];
        let sums = &mut sums[..block.len()];
        let codes = &self.codes[block.start * stride..block.end * stride];
        kernel::dots(&queries.packed, codes, sums);
        let rounding = (self.dimensions + 16) as f32 * f32::EPSILON;
        let error = self.errors[block.start / BLOCK_ROWS];
        let bounds = queries.errors.map(|of_query| error + (1.0 + error) * of_query + rounding);
        let mut limits: [f32; Q] = std::array::from_fn(|q| floors[q] - bounds[q]);
        for ((row, sums), step) in block.clone().zip(sums).zip(&self.steps[block]) {
            let may: [bool; Q] =
                std::array::from_fn(|q| sums[q] as f32 * queries.steps[q] * step > limits[q]);
            // Nearly always all are false; asked at once, that costs one branch and not Q.
            if may.iter().fold(false, |any, m| any | m) {
                for q in (0..Q).filter(|q| may[*q]) {
                    floors[q] = look(row, q);
                    limits[q] = floors[q] - bounds[q];
                }
            }
        }
    }
}

/// Up to `Q` templates that are looked for at once.
pub(super) struct Queries<const Q: usize> {
    packed: Vec<[[i16; LANES]; Q]>,
    steps: [f32; Q],
    errors: [f32; Q],
}

impl<const Q: usize> Queries<Q> {
    /// Codes `rows`, at most `Q` of one length; what is missing is filled up with zeros.
    pub(super) fn new<'a>(rows: impl ExactSizeIterator<Item = &'a [f32]>) -> Self {
        assert!(rows.len() <= Q, "{} templates, room for {Q}", rows.len());
        let mut queries = Queries { packed: vec![], steps: [0.0; Q], errors: [0.0; Q] };
        for (q, row) in rows.enumerate() {
            queries.packed.resize(row.len().div_ceil(LANES), [[0; LANES]; Q]);
            let mut at = 0;
            let (step, error) = code(row, f32::from(QUERY_CODE_MAX), |c| {
                queries.packed[at / LANES][q][at % LANES] = c as i16;
                at += 1;
            });
            (queries.steps[q], queries.errors[q]) = (step, error);
        }
        queries
    }
}

/// Gives `put` the code of each value, a whole number of magnitude up to `most`. Answers with the
/// step and the length of what the code leaves out.
fn code(values: &[f32], most: f32, mut put: impl FnMut(f32)) -> (f32, f32) {
    let step = values.iter().fold(0f32, |m, v| m.max(v.abs())) / most;
    let mut squares = 0f64;
    for value in values {
        let code = (value / step).round().clamp(-most, most);
        squares += (f64::from(*value) - f64::from(code) * f64::from(step)).powi(2);
        put(code);
    }
    // One part in a million more than measured, so that no rounding makes it less than it is.
    (step, (squares.sqrt() * (1.0 + 1e-6)) as f32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::template::{ModelId, Template, dot};
    use proptest::prelude::*;

    fn unit(values: &[f32]) -> Option<Vec<f32>> {
        Some(Template::new(ModelId([0; 32]), values).ok()?.values().to_vec())
    }

    proptest! {
        /// Nothing is passed over below the bound, and a floor above all bounds passes over all.
        #[test]
        fn a_row_above_the_floor_is_always_looked_at(
            rows in prop::collection::vec(prop::collection::vec(-1f32..1.0, 37), 1..150),
            spike in 0f32..50.0,
            query in prop::collection::vec(-1f32..1.0, 37),
            floor in -1f32..1.0,
        ) {
            let spiked = |mut v: Vec<f32>| { v[5] += spike; unit(&v) };
            let rows: Vec<_> = rows.into_iter().filter_map(spiked).collect();
            let Some(query) = unit(&query) else { return Ok(()) };
            let mut codes = Codes::with_capacity(37, rows.len());
            rows.iter().for_each(|row| codes.push(row));
            let queries = Queries::<2>::new([query.as_slice()].into_iter());
            let mut seen = vec![];
            for block in codes.blocks() {
                codes.above(block, &queries, &mut [floor, 2.0], |row, q| {
                    assert_eq!(q, 0, "the query that is not there finds nothing");
                    seen.push(row);
                    floor
                });
            }
            prop_assert!(seen.is_sorted());
            for (n, row) in rows.iter().enumerate() {
                let cosine = dot(row, &query);
                prop_assert!(seen.contains(&n) || cosine <= floor, "row {n}: {cosine} > {floor}");
                prop_assert!(!seen.contains(&n) || cosine > floor - 0.3, "row {n}: {cosine}");
            }
        }
    }
}
