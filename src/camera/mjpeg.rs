//! Splits an MJPEG file into its pictures.

/// Longest single picture, in bytes.
pub const PICTURE_BYTES_MAX: usize = 16 << 20;

/// Start of image, and the marker prefix that follows it.
const SOI: [u8; 3] = [0xFF, 0xD8, 0xFF];
/// End of image.
const EOI: [u8; 2] = [0xFF, 0xD9];

/// The byte ranges of the pictures in `bytes`: each from a start-of-image marker to the last
/// end-of-image marker before the next picture. What lies between pictures is passed over; a
/// picture without an end runs to the next start, and its decoder says that it is truncated.
///
/// A start marker inside a picture (an embedded thumbnail) is told apart by depth.
pub fn split(bytes: &[u8]) -> Vec<std::ops::Range<usize>> {
    let mut pictures = vec![];
    let mut at = 0;
    while let Some(start) = find(bytes, &SOI, at) {
        let end = end_of(bytes, start);
        pictures.push(start..end);
        at = end;
    }
    pictures
}

fn end_of(bytes: &[u8], start: usize) -> usize {
    let mut depth = 0usize;
    let mut at = start;
    while at + 1 < bytes.len() && at - start < PICTURE_BYTES_MAX {
        if bytes[at..].starts_with(&SOI) {
            depth += 1;
            at += SOI.len() - 1;
        } else if bytes[at..].starts_with(&EOI) {
            depth -= 1;
            at += EOI.len();
            if depth == 0 {
                return at;
            }
        } else {
            at += 1;
        }
    }
    // No end: stop before the next start, if there is one.
    find(bytes, &SOI, start + SOI.len()).unwrap_or(bytes.len())
}

fn find(bytes: &[u8], marker: &[u8], from: usize) -> Option<usize> {
    let tail = bytes.get(from..)?;
    tail.windows(marker.len()).position(|w| w == marker).map(|at| from + at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(body: &[u8]) -> Vec<u8> {
        [&[0xFF, 0xD8, 0xFF, 0xE0], body, &EOI].concat()
    }

    #[test]
    fn pictures_are_found_with_noise_between_them() {
        let (a, b) = (picture(b"one"), picture(b"two!"));
        let file = [b"noise".as_slice(), &a, b"--boundary\r\n", &b, b"tail"].concat();
        let found: Vec<_> = split(&file).into_iter().map(|r| file[r].to_vec()).collect();
        assert_eq!(found, [a, b]);
    }

    #[test]
    fn a_thumbnail_inside_a_picture_does_not_cut_it() {
        let outer = picture(&[b"exif".as_slice(), &picture(b"small"), b"rest"].concat());
        assert_eq!(split(&outer), vec![0..outer.len(); 1]);
    }

    #[test]
    fn a_truncated_picture_ends_where_the_next_begins() {
        let cut = [0xFF, 0xD8, 0xFF, 0xE0, 1, 2, 3];
        let whole = picture(b"x");
        let file = [cut.as_slice(), &whole].concat();
        assert_eq!(split(&file), [0..cut.len(), cut.len()..file.len()]);
    }

    #[test]
    fn a_file_without_pictures_has_none() {
        for bytes in [b"".as_slice(), b"\xFF\xD8", &[0; 100]] {
            assert!(split(bytes).is_empty());
        }
    }
}
