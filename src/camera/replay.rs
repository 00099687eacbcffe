//! Plays pictures from a folder or an MJPEG file as if a camera had taken them.
//!
//! The times of frames are those of a camera at a fixed rate, whatever the pace at which they are
//! asked for, so that a replay gives the same result on any machine.
//!
//! A picture of a folder is read when its turn comes. Where it is gone by then, the camera counts
//! as unplugged, and as plugged in again with the next picture that is there: so a test or a
//! training can let the camera see other things, or nothing, while the box runs.

use super::fault::{Fault, Trouble};
use super::{CameraError, FrameSource, Rate, mjpeg};
use crate::frame::decode::DecodeError;
use crate::frame::{Frame, decode};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// Largest MJPEG file that is replayed.
pub const MJPEG_FILE_BYTES_MAX: u64 = 512 << 20;
/// Most pictures of a folder that are replayed.
pub const FOLDER_PICTURES_MAX: usize = 100_000;

enum Pictures {
    Folder(Vec<PathBuf>),
    Mjpeg { bytes: Vec<u8>, ranges: Vec<std::ops::Range<usize>> },
}

/// A folder of pictures (in the order of their names) or an MJPEG file.
pub struct Replay {
    pictures: Pictures,
    rate: Rate,
    looped: bool,
    next: u64,
}

impl Replay {
    /// Opens a folder or file. With `looped` it starts over at its end, for ever.
    ///
    /// # Errors
    /// [`CameraError`] where it cannot be read, is too large or holds no picture.
    pub fn open(path: &Path, rate: Rate, looped: bool) -> Result<Self, CameraError> {
        let meta = std::fs::metadata(path).map_err(|e| read_error(path, e))?;
        let pictures = if meta.is_dir() { folder(path)? } else { file(path, meta.len())? };
        let replay = Replay { pictures, rate, looped, next: 0 };
        match replay.len() {
            0 => Err(CameraError::Empty { path: path.to_owned() }),
            _ => Ok(replay),
        }
    }

    fn len(&self) -> u64 {
        match &self.pictures {
            Pictures::Folder(files) => files.len() as u64,
            Pictures::Mjpeg { ranges, .. } => ranges.len() as u64,
        }
    }
}

impl FrameSource for Replay {
    fn next(&mut self) -> Result<Option<Frame>, CameraError> {
        if self.next >= self.len() && !self.looped {
            return Ok(None);
        }
        let index = (self.next % self.len()) as usize;
        let taken = self.rate.taken(self.next);
        self.next += 1;
        let (name, decoded) = match &self.pictures {
            Pictures::Folder(files) => {
                let path = &files[index];
                let decoded = decode::photo_file(path, taken);
                if let Err(DecodeError::Read(e)) = &decoded
                    && e.kind() == ErrorKind::NotFound
                {
                    // Whoever asks again at once would ask as fast as the machine can.
                    std::thread::sleep(self.rate.taken(1));
                    let trouble = Trouble::new(Fault::NoCamera, e);
                    return Err(CameraError::Away { path: path.clone(), trouble });
                }
                (path.display().to_string(), decoded)
            }
            Pictures::Mjpeg { bytes, ranges } => {
                let range = ranges[index].clone();
                (format!("at byte {}", range.start), decode::jpeg(&bytes[range], taken, vec![]))
            }
        };
        decoded.map(Some).map_err(|source| CameraError::Picture { name, source })
    }
}

fn folder(path: &Path) -> Result<Pictures, CameraError> {
    let mut files = vec![];
    for entry in std::fs::read_dir(path).map_err(|e| read_error(path, e))? {
        let file = entry.map_err(|e| read_error(path, e))?.path();
        let picture = file.extension().is_some_and(|ext| {
            ["jpg", "jpeg", "png"].iter().any(|known| ext.eq_ignore_ascii_case(known))
        });
        if picture {
            files.push(file);
        }
        if files.len() > FOLDER_PICTURES_MAX {
            let (bytes, max) = (files.len() as u64, FOLDER_PICTURES_MAX as u64);
            return Err(CameraError::TooLarge { path: path.to_owned(), bytes, max });
        }
    }
    files.sort();
    Ok(Pictures::Folder(files))
}

fn file(path: &Path, bytes: u64) -> Result<Pictures, CameraError> {
    if bytes > MJPEG_FILE_BYTES_MAX {
        let max = MJPEG_FILE_BYTES_MAX;
        return Err(CameraError::TooLarge { path: path.to_owned(), bytes, max });
    }
    let bytes = std::fs::read(path).map_err(|e| read_error(path, e))?;
    let ranges = mjpeg::split(&bytes);
    Ok(Pictures::Mjpeg { bytes, ranges })
}

fn read_error(path: &Path, source: std::io::Error) -> CameraError {
    CameraError::Read { path: path.to_owned(), source }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn folder(names: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (n, name) in names.iter().enumerate() {
            image::RgbImage::new(n as u32 + 1, 1).save(folder.path().join(name)).unwrap();
        }
        folder
    }

    fn open(path: &Path, looped: bool) -> Replay {
        Replay::open(path, Rate::new(10).unwrap(), looped).unwrap()
    }

    #[test]
    fn a_folder_plays_its_pictures_in_the_order_of_their_names() {
        let folder = folder(&["b.png", "a.jpg", "c.PNG"]);
        std::fs::write(folder.path().join("notes.txt"), "no picture").unwrap();
        let mut replay = open(folder.path(), false);
        let frames: Vec<_> = std::iter::from_fn(|| replay.next().unwrap()).collect();
        assert_eq!(frames.iter().map(Frame::width).collect::<Vec<_>>(), [2, 1, 3]);
        let tenth = Duration::from_millis(100);
        assert_eq!(
            frames.iter().map(|f| f.taken).collect::<Vec<_>>(),
            [Duration::ZERO, tenth, tenth * 2]
        );
    }

    #[test]
    fn a_looped_replay_starts_over_and_its_time_goes_on() {
        let folder = folder(&["a.png", "b.png"]);
        let mut replay = open(folder.path(), true);
        let taken: Vec<_> = (0..5).map(|_| replay.next().unwrap().unwrap().taken).collect();
        assert!(taken.is_sorted());
        assert_eq!(taken[4], Duration::from_millis(400));
    }

    #[test]
    fn a_broken_picture_is_named_and_the_next_one_comes() {
        let folder = folder(&["a.png", "c.png"]);
        std::fs::write(folder.path().join("b.jpg"), b"\xFF\xD8\xFF half of it").unwrap();
        let mut replay = open(folder.path(), false);
        replay.next().unwrap();
        let error = replay.next().unwrap_err();
        assert!(error.passing() && error.to_string().contains("b.jpg"), "{error}");
        assert_eq!(replay.next().unwrap().unwrap().width(), 2);
    }

    #[test]
    fn a_picture_that_is_gone_is_a_camera_unplugged_until_the_next_one() {
        let folder = folder(&["a.png", "b.png"]);
        let mut replay = open(folder.path(), true);
        std::fs::rename(folder.path().join("a.png"), folder.path().join("away")).unwrap();
        let lost = replay.next().unwrap_err();
        let CameraError::Away { trouble, .. } = &lost else { panic!("{lost}") };
        assert_eq!(trouble.fault, Fault::NoCamera);
        assert_eq!(replay.next().unwrap().unwrap().taken, Duration::from_millis(100));
        std::fs::rename(folder.path().join("away"), folder.path().join("a.png")).unwrap();
        assert!(replay.next().unwrap().is_some());
    }

    #[test]
    fn a_folder_without_pictures_is_refused() {
        let folder = folder(&[]);
        let refused = Replay::open(folder.path(), Rate::new(10).unwrap(), false);
        assert!(matches!(refused, Err(CameraError::Empty { .. })));
    }
}
