//! Exact search of 100,000 templates of 512 values with one probe, one thread.
//!
//! `benches/search_faiss.py` runs it with `--exchange DIR` and puts FAISS beside it on the same data:
//! the folder gets the templates and probes as raw 32-bit floats and the five nearest rows of each
//! probe as 32-bit whole numbers.

#[path = "support/faces.rs"]
mod faces;

use canteend::domain::template::Template;
use std::path::Path;
use std::time::Instant;

const TOP: usize = 5;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let small = arguments.iter().any(|a| a == "--small");
    let (rows, probes) = if small { (2000, 20) } else { (100_000, 100) };
    let people = faces::random(rows, faces::DIMENSIONS, 1);
    let before = resident_bytes();
    let gallery = faces::gallery(&people);
    let grown = resident_bytes().saturating_sub(before);
    let probes = faces::random(probes, faces::DIMENSIONS, 2);
    let expected = exhaustive(&people, &probes[0]);

    let mut found = vec![];
    let mut micros = vec![];
    for probe in &probes {
        let started = Instant::now();
        found.push(gallery.nearest(probe, TOP));
        micros.push(started.elapsed().as_secs_f64() * 1e6);
    }
    let first: Vec<usize> = found[0].iter().map(|c| c.elder).collect();
    assert_eq!(first, expected, "the same as an exhaustive search");
    micros.sort_by(f64::total_cmp);
    println!("search_us {:.1}", micros[micros.len() / 2]);
    println!("search_us_fastest {:.1}", micros[0]);
    println!("gallery_bytes {}", gallery.bytes());
    println!("gallery_resident_bytes {grown}");
    if let Some(at) = arguments.iter().position(|a| a == "--exchange") {
        let folder = Path::new(&arguments[at + 1]);
        let nearest: Vec<u8> = found
            .iter()
            .flatten()
            .flat_map(|c| u32::try_from(c.elder).expect("few rows").to_le_bytes())
            .collect();
        write(&folder.join("rows.f32"), &bytes(&people));
        write(&folder.join("probes.f32"), &bytes(&probes));
        write(&folder.join("nearest.u32"), &nearest);
    }
}

fn exhaustive(people: &[Template], probe: &Template) -> Vec<usize> {
    let mut all: Vec<_> =
        people.iter().map(|t| t.cosine(probe).expect("one model")).enumerate().collect();
    all.sort_by(|a, b| b.1.total_cmp(&a.1));
    all[..TOP].iter().map(|(row, _)| *row).collect()
}

fn bytes(templates: &[Template]) -> Vec<u8> {
    templates.iter().flat_map(|t| t.values()).flat_map(|v| v.to_le_bytes()).collect()
}

fn write(path: &Path, bytes: &[u8]) {
    std::fs::write(path, bytes).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
}

/// Bytes of this process in memory; 0 where the system does not say.
fn resident_bytes() -> usize {
    const PAGE_BYTES: usize = 4096;
    let text = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = text.split_whitespace().nth(1).and_then(|n| n.parse::<usize>().ok());
    pages.unwrap_or(0) * PAGE_BYTES
}
