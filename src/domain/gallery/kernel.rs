//! Integer dot products of many coded rows with a few queries at once; the only `unsafe` code here.
//!
//! 1. The sums are exact: whoever keeps to [`QUERY_CODE_MAX`] and
//!    [`DIMENSIONS_MAX`](crate::domain::template::DIMENSIONS_MAX) cannot overflow 32 bits.
//! 2. All ways to compute them give the same numbers; which one runs is found out at run time.
//!
//! 256-bit registers are enough. One query is bound by memory, and for many queries two 256-bit
//! multiply-adds a cycle do the work of one 512-bit one on the processors of small boxes.

/// Dimensions are filled up with zeros to a multiple of this.
pub(super) const LANES: usize = 16;
/// Largest magnitude of a row's code.
pub(super) const ROW_CODE_MAX: i8 = i8::MAX;
/// Largest magnitude of a query's code. Twelve bits, because 4096 · 127 · 4095 < 2³¹.
pub(super) const QUERY_CODE_MAX: i16 = 4095;

const _: () = assert!(
    (crate::domain::template::DIMENSIONS_MAX as i64)
        * (ROW_CODE_MAX as i64)
        * (QUERY_CODE_MAX as i64)
        <= i32::MAX as i64
);

/// `Q` queries, [`LANES`] dimensions of each in turn.
pub(super) type Packed<const Q: usize> = [[[i16; LANES]; Q]];

/// For each row of `codes` its dot products with the `Q` queries.
///
/// # Panics
/// If `codes` is not one row for each element of `sums`.
pub(super) fn dots<const Q: usize>(queries: &Packed<Q>, codes: &[i8], sums: &mut [[i32; Q]]) {
    assert_eq!(codes.len(), queries.len() * LANES * sums.len(), "one row of codes for each sum");
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx2") {
        // SAFETY: the processor has AVX2, as was found out just now.
        return unsafe { avx2::dots(queries, codes, sums) };
    }
    portable(queries, codes, sums);
}

/// The same in plain Rust; compilers make good use of whatever vectors the target always has.
fn portable<const Q: usize>(queries: &Packed<Q>, codes: &[i8], sums: &mut [[i32; Q]]) {
    let (chunks, _) = codes.as_chunks::<LANES>();
    for (row, sums) in chunks.chunks_exact(queries.len()).zip(sums) {
        *sums = [0; Q];
        for (codes, queries) in row.iter().zip(queries) {
            for (sum, query) in sums.iter_mut().zip(queries) {
                // Wrapping, so that no check stands in the way of vectors; see invariant 1.
                let products = codes.iter().zip(query).map(|(c, q)| i32::from(*c) * i32::from(*q));
                *sum = products.fold(*sum, i32::wrapping_add);
            }
        }
    }
}

#[cfg(target_arch = "x86_64")]
mod avx2 {
    use super::{LANES, Packed};
    use std::arch::x86_64::*;

    #[target_feature(enable = "avx2")]
    pub(super) fn dots<const Q: usize>(queries: &Packed<Q>, codes: &[i8], sums: &mut [[i32; Q]]) {
        let (chunks, _) = codes.as_chunks::<LANES>();
        for (row, sums) in chunks.chunks_exact(queries.len()).zip(sums) {
            let mut running = [_mm256_setzero_si256(); Q];
            for (codes, queries) in row.iter().zip(queries) {
                // SAFETY: a reference to 16 bytes; the load needs no alignment.
                let codes = unsafe { _mm_loadu_si128(codes.as_ptr().cast()) };
                let codes = _mm256_cvtepi8_epi16(codes);
                for (sum, query) in running.iter_mut().zip(queries) {
                    // SAFETY: a reference to 32 bytes; the load needs no alignment.
                    let query = unsafe { _mm256_loadu_si256(query.as_ptr().cast()) };
                    *sum = _mm256_add_epi32(*sum, _mm256_madd_epi16(codes, query));
                }
            }
            *sums = running.map(|sum| total(sum));
        }
    }

    /// Sum of the eight lanes.
    #[target_feature(enable = "avx2")]
    fn total(lanes: __m256i) -> i32 {
        let four = _mm_add_epi32(_mm256_castsi256_si128(lanes), _mm256_extracti128_si256(lanes, 1));
        let two = _mm_add_epi32(four, _mm_shuffle_epi32(four, 0b_00_00_11_10));
        _mm_cvtsi128_si32(_mm_add_epi32(two, _mm_shuffle_epi32(two, 0b_00_00_00_01)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const Q: usize = 3;

    fn naive(queries: &Packed<Q>, codes: &[i8], rows: usize) -> Vec<[i32; Q]> {
        let dimensions = queries.len() * LANES;
        let value = |q: usize, d: usize| i64::from(queries[d / LANES][q][d % LANES]);
        let dot = |row: usize, q: usize| -> i64 {
            (0..dimensions).map(|d| i64::from(codes[row * dimensions + d]) * value(q, d)).sum()
        };
        (0..rows).map(|row| std::array::from_fn(|q| dot(row, q).try_into().unwrap())).collect()
    }

    fn check(queries: &Packed<Q>, codes: &[i8], rows: usize) {
        let expected = naive(queries, codes, rows);
        for way in [dots::<Q>, portable::<Q>] {
            let mut sums = vec![[-1; Q]; rows];
            way(queries, codes, &mut sums);
            assert_eq!(sums, expected);
        }
    }

    #[test]
    fn the_largest_codes_in_the_most_dimensions_do_not_overflow() {
        let chunks = crate::domain::template::DIMENSIONS_MAX / LANES;
        let query = [[QUERY_CODE_MAX; LANES], [-QUERY_CODE_MAX; LANES], [1; LANES]];
        check(&vec![query; chunks], &vec![ROW_CODE_MAX; 2 * chunks * LANES], 2);
    }

    proptest! {
        #[test]
        fn every_way_gives_the_naive_sums(
            queries in prop::collection::vec(
                prop::array::uniform3(
                    prop::array::uniform16(-QUERY_CODE_MAX..=QUERY_CODE_MAX)), 1..5),
            seed in prop::collection::vec(-ROW_CODE_MAX..=ROW_CODE_MAX, 1..50),
            rows in 0usize..7,
        ) {
            let length = rows * queries.len() * LANES;
            let codes: Vec<i8> = seed.iter().copied().cycle().take(length).collect();
            check(&queries, &codes, rows);
        }
    }
}
