//! What reads bytes from strangers, tried with seeded mutations of good input: no panic, no input
//! that makes memory grow, and what is accepted is what it says.
//!
//! The functions and the seeds are those of `fuzz/`, where libFuzzer goes further; this runs with
//! every other test.

#![expect(clippy::unwrap_used, reason = "helpers of tests may unwrap as tests do")]

#[path = "../benches/support/memory.rs"]
mod memory;
#[path = "../fuzz/src/lib.rs"]
mod targets;

use fastrand::Rng;
use std::hash::{BuildHasher as _, Hasher as _};
use std::path::Path;

/// Mutated inputs for each target and seed of chance.
const CASES: usize = 3000;
/// Mutations of one input at most.
const STEPS_MAX: u64 = 6;
/// Longest input, in bytes: longer ones are refused by their length alone.
const INPUT_BYTES_MAX: usize = 64 << 10;
/// How much the process may grow while all inputs are tried, in KiB.
const GROWTH_KIB_MAX: u64 = 64 << 10;

/// What breaks readers: ends of ranges, half characters, structure where there should be none.
const TOKENS: [&[u8]; 20] = [
    b"18446744073709551615",
    b"18446744073709551616",
    b"-1",
    b"1e400",
    b"0.5",
    b"null",
    b"[[[[[[[[[[[[[[[[",
    b"{\"a\":",
    b"\"",
    b"\\",
    b"\\u0000",
    b"\\ud800",
    b"\xFF\xFE",
    b"\xE5\xB9",
    b"\0",
    b"\n",
    b";nonce=\"\"",
    b"9999-12-31",
    b"+14:00",
    b"sha256:",
];

/// A range of at most `most` bytes inside `length`.
fn range(random: &mut Rng, length: usize, most: usize) -> std::ops::Range<usize> {
    let from = random.usize(..=length);
    from..(from + random.usize(..=most)).min(length)
}

/// One change of an input; `other` is another good one.
fn mutate(input: &mut Vec<u8>, other: &[u8], random: &mut Rng) {
    let at = random.usize(..input.len().max(1));
    match random.usize(..8) {
        0 if !input.is_empty() => input[at] ^= 1 << random.usize(..8),
        1 if !input.is_empty() => input[at] = TOKENS.concat()[random.usize(..100)],
        2 => drop(input.drain(range(random, input.len(), 40))),
        3 => {
            let piece = input[range(random, input.len(), 200)].to_vec();
            input.splice(at..at, piece);
        }
        4 => {
            let token = TOKENS[random.usize(..TOKENS.len())];
            let replaced = at..(at + random.usize(..=token.len())).min(input.len());
            input.splice(replaced, token.iter().copied());
        }
        5 => {
            let piece = other[range(random, other.len(), 200)].to_vec();
            input.splice(range(random, input.len(), 200), piece);
        }
        6 => input.truncate(random.usize(..=input.len())),
        // A whole number becomes another one.
        _ => {
            let digits = |byte: &u8| byte.is_ascii_digit();
            let Some(from) = input[at..].iter().position(digits).map(|found| at + found) else {
                return;
            };
            let length = input[from..].iter().take_while(|byte| digits(byte)).count();
            let number = TOKENS[random.usize(..5)];
            input.splice(from..from + length, number.iter().copied());
        }
    }
}

fn seeds(target: &str) -> Vec<Vec<u8>> {
    targets::seeds(target, Path::new(env!("CARGO_MANIFEST_DIR")))
}

/// Tries a target with inputs made of a seed of chance.
fn attack((name, target): targets::Target, chance: u64) {
    let seeds = seeds(name);
    let mut random = Rng::with_seed(chance);
    for case in 0..CASES {
        let mut input = seeds[random.usize(..seeds.len())].clone();
        let other = &seeds[random.usize(..seeds.len())];
        for _ in 0..=random.u64(..) % STEPS_MAX {
            mutate(&mut input, other, &mut random);
            input.truncate(INPUT_BYTES_MAX);
        }
        let tried = std::panic::catch_unwind(|| target(&input));
        let shown = || String::from_utf8_lossy(&input);
        assert!(tried.is_ok(), "{name}, chance {chance}, case {case}: {}", shown());
    }
}

/// High-water mark of this process's resident memory.
fn peak_kib() -> u64 {
    memory::status_kib(std::process::id(), "VmHWM:").unwrap()
}

#[test]
fn mutated_input_makes_nothing_panic_and_nothing_grow() {
    for target in targets::TARGETS {
        seeds(target.0).iter().for_each(|seed| target.1(seed));
    }
    let before = peak_kib();
    let fresh = std::collections::hash_map::RandomState::new().build_hasher().finish();
    for target in targets::TARGETS {
        for chance in [1, fresh] {
            attack(target, chance);
        }
    }
    let grown = peak_kib() - before;
    assert!(grown < GROWTH_KIB_MAX, "{grown} KiB more");
}

/// Found by mutation: the entry after the last possible one has no number.
#[test]
fn a_proof_at_the_last_possible_place_is_refused() {
    let seed = String::from_utf8(seeds("proof").remove(0)).unwrap();
    let last = seed.replacen("\"index\": 2", &format!("\"index\": {}", u64::MAX), 1);
    assert_ne!(seed, last);
    let told = canteend::record::proof::Proof::check(last.as_bytes()).unwrap_err();
    assert!(told.to_string().contains("does not hold"), "{told}");
}

#[test]
fn the_seeds_are_good_input() {
    use canteend::city::wire::batch::{BATCH_TYPE, Batch};
    use canteend::city::wire::page::{PAGE_TYPE, Page};
    use canteend::city::wire::suite::SigningKey;
    use canteend::city::wire::verdict::{VERDICTS_TYPE, Verdicts};
    use canteend::city::wire::{dsse, text::DeviceId};
    let key = SigningKey::from_seed(&[1; 32]).unwrap();
    let device = DeviceId::new("lc-kfq-017").unwrap();
    let sealed = |kind, seed: &Vec<u8>| dsse::seal(&key, kind, seed);
    for seed in seeds("batch") {
        Batch::open(&sealed(BATCH_TYPE, &seed), key.public()).unwrap();
    }
    for seed in seeds("page") {
        Page::open(&sealed(PAGE_TYPE, &seed), key.public(), "", "a1").unwrap();
    }
    for seed in seeds("verdicts") {
        Verdicts::open(&sealed(VERDICTS_TYPE, &seed), key.public(), &device, 7, "a1").unwrap();
    }
    for seed in seeds("codec") {
        canteend::record::decode(&seed).unwrap();
    }
    for seed in seeds("proof") {
        canteend::record::proof::Proof::check(&seed).unwrap();
    }
}
