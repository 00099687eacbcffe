//! Photographs in folders, one folder per person or kind.
//!
//! 1. Order is that of the names, so that the same folders give the same figures.
//! 2. What cannot be used is named and counted, never passed over in silence; the rest is used.
//!
//! Hidden files, and files that are not called `.jpg`, `.jpeg` or `.png`, are not photographs and
//! are left alone. Links are followed, so that a folder can be composed without copies.

use serde::Serialize;
use std::path::{Path, PathBuf};

/// Most folders of people in one folder.
pub const PEOPLE_MAX: usize = 20_000;
/// Most photographs under one folder.
pub const PHOTOS_MAX: usize = 200_000;
/// Most problems that are kept with their names; the others are counted.
pub const PROBLEMS_NAMED_MAX: usize = 100;

/// Why a folder cannot be measured.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// It is not there or cannot be read.
    #[error("{}: {source}; give a folder that holds one folder of photographs per person", path.display())]
    Read {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Not one photograph is in the folders in it.
    #[error("{}: no photographs in it; put .jpg, .jpeg or .png files into {layout}", path.display())]
    Empty {
        /// The folder.
        path: PathBuf,
        /// How photographs are laid out there.
        layout: &'static str,
    },
    /// More than [`PEOPLE_MAX`] folders or [`PHOTOS_MAX`] photographs.
    #[error("{}: more than {max} {what}; measure a part of them", path.display())]
    TooMany {
        /// The folder.
        path: PathBuf,
        /// Folders or photographs.
        what: &'static str,
        /// The bound.
        max: usize,
    },
}

/// Something that was skipped.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Problem {
    /// The file or folder.
    pub path: String,
    /// What is wrong with it, and what to do.
    pub reason: String,
}

/// What was skipped.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Problems {
    /// How many problems there were.
    pub count: usize,
    /// The first [`PROBLEMS_NAMED_MAX`] of them.
    pub named: Vec<Problem>,
}

impl Problems {
    pub(super) fn add(&mut self, path: &Path, reason: impl ToString) {
        self.count += 1;
        if self.named.len() < PROBLEMS_NAMED_MAX {
            let path = path.display().to_string();
            self.named.push(Problem { path, reason: reason.to_string() });
        }
    }
}

/// Photographs of one person or kind, in the order of their names.
#[derive(Debug, PartialEq)]
pub(super) struct Group {
    pub(super) name: String,
    pub(super) photos: Vec<PathBuf>,
}

/// What a folder holds.
#[derive(Debug, PartialEq)]
pub(super) struct Folder {
    pub(super) path: PathBuf,
    /// Its folders that hold photographs, in the order of their names.
    pub(super) groups: Vec<Group>,
    /// Photographs that lie in none of them.
    pub(super) loose: Vec<PathBuf>,
}

impl Folder {
    /// Lists `dir` and the folders in it, one level deep.
    ///
    /// # Errors
    /// [`FolderError`] where it cannot be read or holds too much.
    pub(super) fn read(dir: &Path, problems: &mut Problems) -> Result<Self, FolderError> {
        let mut folder = Folder { path: dir.into(), groups: vec![], loose: vec![] };
        let mut photos = 0;
        for path in sorted(dir)? {
            if path.is_dir() {
                let Some(name) = path.file_name().and_then(|n| n.to_str()) else {
                    problems.add(&path, "its name is not UTF-8; rename it");
                    continue;
                };
                if folder.groups.len() == PEOPLE_MAX {
                    return Err(too_many(dir, "folders", PEOPLE_MAX));
                }
                let inside: Vec<_> = sorted(&path)?.into_iter().filter(|p| is_photo(p)).collect();
                photos += inside.len();
                if inside.is_empty() {
                    problems.add(&path, "no photographs in it; add some or remove the folder");
                } else {
                    folder.groups.push(Group { name: name.to_owned(), photos: inside });
                }
            } else if is_photo(&path) {
                photos += 1;
                folder.loose.push(path);
            }
            if photos > PHOTOS_MAX {
                return Err(too_many(dir, "photographs", PHOTOS_MAX));
            }
        }
        Ok(folder)
    }

    /// The groups alone; photographs outside them are problems.
    ///
    /// # Errors
    /// [`FolderError::Empty`].
    pub(super) fn people(self, problems: &mut Problems) -> Result<Vec<Group>, FolderError> {
        for path in &self.loose {
            problems.add(path, "it lies outside the folders of people; move it into one");
        }
        if self.groups.is_empty() {
            return Err(FolderError::Empty { path: self.path, layout: "a folder for each person" });
        }
        Ok(self.groups)
    }

    /// The groups, and the photographs outside them as a group named after the folder.
    ///
    /// # Errors
    /// [`FolderError::Empty`].
    pub(super) fn kinds(mut self) -> Result<Vec<Group>, FolderError> {
        if !self.loose.is_empty() {
            let name = self.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            self.groups.insert(0, Group { name, photos: self.loose });
        }
        if self.groups.is_empty() {
            let layout = "it or into a folder for each kind";
            return Err(FolderError::Empty { path: self.path, layout });
        }
        Ok(self.groups)
    }
}

fn too_many(path: &Path, what: &'static str, max: usize) -> FolderError {
    FolderError::TooMany { path: path.into(), what, max }
}

/// What a folder holds, by name; hidden files are left out.
fn sorted(dir: &Path) -> Result<Vec<PathBuf>, FolderError> {
    let failed = |source| FolderError::Read { path: dir.into(), source };
    let mut paths = vec![];
    for entry in std::fs::read_dir(dir).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        if !entry.file_name().as_encoded_bytes().starts_with(b".") {
            paths.push(entry.path());
        }
        if paths.len() > PHOTOS_MAX {
            return Err(too_many(dir, "files", PHOTOS_MAX));
        }
    }
    paths.sort();
    Ok(paths)
}

fn is_photo(path: &Path) -> bool {
    let kinds = ["jpg", "jpeg", "png"];
    path.extension().is_some_and(|e| kinds.iter().any(|kind| e.eq_ignore_ascii_case(kind)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(files: &[&str]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for file in files {
            let path = dir.path().join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "x").unwrap();
        }
        dir
    }

    #[test]
    fn people_come_in_the_order_of_their_names_and_what_is_no_photograph_is_left_alone() {
        let dir = tree(&[
            "王五/b.JPG",
            "王五/a.png",
            "王五/.hidden.jpg",
            "李四/notes.txt",
            "A/1.jpeg",
            "pairs.tsv",
            "stray.jpg",
        ]);
        let mut problems = Problems::default();
        let people = Folder::read(dir.path(), &mut problems).unwrap().people(&mut problems);
        let people: Vec<_> = people
            .unwrap()
            .into_iter()
            .map(|p| (p.name, p.photos.iter().map(|f| f.file_name().unwrap().to_owned()).collect()))
            .collect();
        let expected: [(&str, Vec<std::ffi::OsString>); 2] =
            [("A", vec!["1.jpeg".into()]), ("王五", vec!["a.png".into(), "b.JPG".into()])];
        assert_eq!(people, expected.map(|(name, photos)| (name.to_owned(), photos)));
        let start = dir.path().as_os_str().len();
        let named = problems.named.iter().map(|p| &p.path[start..]);
        assert_eq!(named.collect::<Vec<_>>(), ["/李四", "/stray.jpg"]);
    }

    #[test]
    fn loose_photographs_are_a_kind_named_after_their_folder() {
        let dir = tree(&["fake/1.jpg", "fake/print/2.jpg"]);
        let mut problems = Problems::default();
        let folder = Folder::read(&dir.path().join("fake"), &mut problems).unwrap();
        let names: Vec<_> = folder.kinds().unwrap().into_iter().map(|g| g.name).collect();
        assert_eq!((names, problems.count), (vec!["fake".to_owned(), "print".to_owned()], 0));
    }

    #[test]
    fn a_missing_and_an_empty_folder_say_what_is_expected() {
        let dir = tree(&["pairs.tsv"]);
        let mut problems = Problems::default();
        let missing = Folder::read(&dir.path().join("none"), &mut problems).unwrap_err();
        assert!(missing.to_string().contains("none: No such file"), "{missing}");
        let read = || Folder::read(dir.path(), &mut Problems::default()).unwrap();
        let empty = read().people(&mut problems).unwrap_err().to_string();
        assert!(empty.ends_with("files into a folder for each person"), "{empty}");
        let empty = read().kinds().unwrap_err().to_string();
        assert!(empty.contains("a folder for each kind"), "{empty}");
    }

    #[test]
    fn problems_are_named_up_to_a_bound_and_counted_beyond() {
        let mut problems = Problems::default();
        for _ in 0..=PROBLEMS_NAMED_MAX {
            problems.add(Path::new("a"), "b");
        }
        assert_eq!((problems.count, problems.named.len()), (101, 100));
    }
}
