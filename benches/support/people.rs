//! Photographs of people for benches: a folder for each person, or the test photographs.

use std::path::{Path, PathBuf};

/// One person's photographs, in the order of their names.
pub struct Person {
    /// A number for each person; seeds what is random about them.
    pub number: usize,
    /// At least as many as were asked for.
    pub photos: Vec<PathBuf>,
}

/// The test photographs that show one person alone, by person.
const SMALL: [&[&str]; 2] = [&["obama.jpg", "obama2.jpg"], &["biden.jpg", "biden.jpg"]];

/// People with `photos_min` photographs or more: of the folder after `--faces`, else of
/// `fixtures/photos`.
pub fn from_arguments(photos_min: usize) -> Vec<Person> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let all: Vec<Vec<PathBuf>> = match arguments.iter().position(|a| a == "--faces") {
        Some(at) => {
            let folder = arguments.get(at + 1).expect("--faces DIR");
            entries(Path::new(folder)).iter().filter(|p| p.is_dir()).map(|p| entries(p)).collect()
        }
        None => {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/photos");
            SMALL.iter().map(|names| names.iter().map(|name| folder.join(name)).collect()).collect()
        }
    };
    let enough = all.into_iter().filter(|photos| photos.len() >= photos_min);
    enough.enumerate().map(|(number, photos)| Person { number, photos }).collect()
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let list = std::fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let mut paths: Vec<_> = list.map(|entry| entry.expect("readable").path()).collect();
    paths.sort();
    paths
}
