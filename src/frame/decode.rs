//! Compressed pictures to [`Frame`]s.
//!
//! 1. Nothing is allocated for a picture before its header has been checked against the bounds
//!    of [`crate::frame`].
//! 2. Decoding is strict: a JPEG that is cut short or damaged is an error, never a picture that
//!    is grey below the damage. Half a face must not become a template.
//! 3. Any bytes give a frame or an error, never a panic.
//!
//! It opens no files but those it is told to, and reads no more of them than a picture may have.

use super::{FRAME_PIXELS_MAX, FRAME_SIDE_MAX, Frame};
use crate::error::{Exit, Sysexit};
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageFormat, Limits, RgbImage};
use std::fs::File;
use std::io::{Cursor, Read as _};
use std::path::Path;
use std::time::Duration;
use zune_core::bytestream::ZCursor;
use zune_core::colorspace::ColorSpace;
use zune_core::options::DecoderOptions;
use zune_jpeg::JpegDecoder;

/// Largest photograph file.
pub const PHOTO_FILE_BYTES_MAX: u64 = 32 << 20;
/// Most scans of a progressive JPEG; a hostile one repeats them to waste time.
const SCANS_MAX: usize = 64;
/// Most bytes of a decoded PNG: the most pixels with 8 bits and alpha. A kilobyte of file may ask for
/// them, so with 16 bits a picture may have half as many pixels.
const PNG_DECODED_BYTES_MAX: u64 = FRAME_PIXELS_MAX * 4;

/// Why bytes did not become a frame.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// Neither JPEG nor PNG (or, from a camera, not JPEG).
    #[error("not a JPEG or PNG picture; convert it to one of these")]
    Format,
    /// The end is missing.
    #[error("the picture is cut short; copy it again from where it came")]
    Truncated,
    /// More pixels than [`FRAME_SIDE_MAX`] or [`FRAME_PIXELS_MAX`] allow, or none.
    #[error("{width}×{height} pixels; at most {FRAME_SIDE_MAX} a side and 24 megapixels: scale it")]
    Size {
        /// Width in the header.
        width: u64,
        /// Height in the header.
        height: u64,
    },
    /// A PNG of more than 96 MB in memory.
    #[error("too many pixels for so many bits a colour; save it with 8 bits, or as JPEG")]
    Depth,
    /// A damaged or unsupported JPEG.
    #[error("the JPEG is damaged or of an unsupported kind ({0}); save it anew")]
    Jpeg(String),
    /// The file cannot be read.
    #[error("cannot be read ({0}); check the name and the permissions")]
    Read(#[source] std::io::Error),
    /// The file is larger than [`PHOTO_FILE_BYTES_MAX`].
    #[error("{0} bytes are more than a photograph may have (32 MiB); scale it")]
    FileSize(u64),
    /// A damaged or unsupported PNG.
    #[error("the PNG is damaged or of an unsupported kind; save it anew")]
    Png(#[source] image::ImageError),
}

impl Sysexit for DecodeError {
    fn exit(&self) -> Exit {
        Exit::Data
    }
}

/// Decodes a camera's JPEG. `memory` is used for the pixels where it is large enough; give
/// [`Frame::into_rgb`] of a frame no longer needed, or an empty vector.
///
/// # Errors
/// [`DecodeError`], for anything that is not one whole JPEG.
pub fn jpeg(bytes: &[u8], taken: Duration, memory: Vec<u8>) -> Result<Frame, DecodeError> {
    let (rgb, [width, height], _) = jpeg_pixels(bytes, memory)?;
    frame(width, height, rgb, taken)
}

/// Decodes an enrolment photograph, JPEG or PNG, turned as its EXIF orientation says.
///
/// # Errors
/// [`DecodeError`].
pub fn photo(bytes: &[u8], taken: Duration) -> Result<Frame, DecodeError> {
    let (picture, orientation) = match image::guess_format(bytes) {
        Ok(ImageFormat::Jpeg) => {
            let (rgb, [width, height], orientation) = jpeg_pixels(bytes, Vec::new())?;
            let size = DecodeError::Size { width: width.into(), height: height.into() };
            let picture = RgbImage::from_raw(width, height, rgb).ok_or(size)?;
            (DynamicImage::from(picture), orientation)
        }
        Ok(ImageFormat::Png) => png_pixels(bytes)?,
        _ => return Err(DecodeError::Format),
    };
    // Colours first: to turn a picture takes it twice.
    let mut picture = DynamicImage::from(picture.into_rgb8());
    picture.apply_orientation(orientation);
    let rgb = picture.into_rgb8();
    frame(rgb.width(), rgb.height(), rgb.into_raw(), taken)
}

/// Decodes the photograph in a file; see [`photo`].
///
/// # Errors
/// [`DecodeError`].
pub fn photo_file(path: &Path, taken: Duration) -> Result<Frame, DecodeError> {
    let mut bytes = vec![];
    let file = File::open(path).map_err(DecodeError::Read)?;
    let length = file.metadata().map_err(DecodeError::Read)?.len();
    if length > PHOTO_FILE_BYTES_MAX {
        return Err(DecodeError::FileSize(length));
    }
    file.take(PHOTO_FILE_BYTES_MAX).read_to_end(&mut bytes).map_err(DecodeError::Read)?;
    photo(&bytes, taken)
}

fn frame(width: u32, height: u32, rgb: Vec<u8>, taken: Duration) -> Result<Frame, DecodeError> {
    let size = DecodeError::Size { width: width.into(), height: height.into() };
    Frame::new(width, height, rgb, taken).ok_or(size)
}

type Pixels = (Vec<u8>, [u32; 2], Orientation);

fn jpeg_pixels(bytes: &[u8], mut memory: Vec<u8>) -> Result<Pixels, DecodeError> {
    if !bytes.starts_with(&[0xff, 0xd8]) {
        return Err(DecodeError::Format);
    }
    if !ends_after_last_scan(bytes) {
        return Err(DecodeError::Truncated);
    }
    let options = DecoderOptions::new_fast()
        .set_strict_mode(true)
        .set_max_width(FRAME_SIDE_MAX as usize)
        .set_max_height(FRAME_SIDE_MAX as usize)
        .jpeg_set_max_scans(SCANS_MAX)
        .jpeg_set_out_colorspace(ColorSpace::RGB);
    let damaged = |e: zune_jpeg::errors::DecodeErrors| DecodeError::Jpeg(e.to_string());
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    decoder.decode_headers().map_err(damaged)?;
    let (width, height) = decoder.dimensions().ok_or(DecodeError::Format)?;
    let [width, height] = checked_size(width as u64, height as u64)?;
    let length = width as usize * height as usize * 3;
    if memory.len() != length {
        memory = vec![0; length];
    }
    decoder.decode_into(&mut memory).map_err(damaged)?;
    let orientation = decoder.exif().and_then(|exif| Orientation::from_exif_chunk(exif));
    Ok((memory, [width, height], orientation.unwrap_or(Orientation::NoTransforms)))
}

/// Whether the last scan is followed by an end marker. In coded data a byte ff is always followed
/// by 00 or a restart marker, so whichever of the two is met first from the end is a real one.
fn ends_after_last_scan(bytes: &[u8]) -> bool {
    let last = bytes.windows(2).rev().find(|w| w[0] == 0xff && matches!(w[1], 0xd9 | 0xda));
    last.is_some_and(|w| w[1] == 0xd9)
}

fn png_pixels(bytes: &[u8]) -> Result<(DynamicImage, Orientation), DecodeError> {
    let mut limits = Limits::default();
    limits.max_alloc = Some(PNG_DECODED_BYTES_MAX);
    let mut decoder = image::codecs::png::PngDecoder::with_limits(Cursor::new(bytes), limits)
        .map_err(DecodeError::Png)?;
    let (width, height) = decoder.dimensions();
    checked_size(width.into(), height.into())?;
    if decoder.total_bytes() > PNG_DECODED_BYTES_MAX {
        return Err(DecodeError::Depth);
    }
    let orientation = decoder.orientation().map_err(DecodeError::Png)?;
    Ok((DynamicImage::from_decoder(decoder).map_err(DecodeError::Png)?, orientation))
}

fn checked_size(width: u64, height: u64) -> Result<[u32; 2], DecodeError> {
    let side = 1..=u64::from(FRAME_SIDE_MAX);
    let fits =
        side.contains(&width) && side.contains(&height) && width * height <= FRAME_PIXELS_MAX;
    if fits { Ok([width as u32, height as u32]) } else { Err(DecodeError::Size { width, height }) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{GrayImage, ImageEncoder};
    use proptest::prelude::*;

    fn gradient(width: u32, height: u32) -> RgbImage {
        RgbImage::from_fn(width, height, |x, y| image::Rgb([(x * 4) as u8, (y * 4) as u8, 90]))
    }

    fn encoded(picture: impl Into<DynamicImage>, format: ImageFormat) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        picture.into().write_to(&mut bytes, format).unwrap();
        bytes.into_inner()
    }

    fn with_orientation(value: u8) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut encoder = image::codecs::jpeg::JpegEncoder::new_with_quality(&mut bytes, 95);
        let entry = [0x12, 0x01, 3, 0, 1, 0, 0, 0, value, 0, 0, 0];
        let exif = [&b"II*\0\x08\0\0\0\x01\0"[..], &entry, &[0; 4]].concat();
        encoder.set_exif_metadata(exif).unwrap();
        encoder.encode_image(&gradient(48, 16)).unwrap();
        bytes
    }

    #[test]
    fn both_doors_decode_a_jpeg_alike_and_reuse_memory() {
        let bytes = encoded(gradient(40, 30), ImageFormat::Jpeg);
        let camera = jpeg(&bytes, Duration::from_secs(1), Vec::new()).unwrap();
        assert_eq!((camera.width(), camera.height()), (40, 30));
        let photo = photo(&bytes, Duration::from_secs(1)).unwrap();
        assert!(photo == camera);
        let memory = camera.into_rgb();
        let address = memory.as_ptr();
        let again = jpeg(&bytes, Duration::from_secs(1), memory).unwrap();
        assert!(again == photo && again.rgb().as_ptr() == address);
    }

    #[test]
    fn grey_and_alpha_become_rgb() {
        let grey = encoded(GrayImage::from_pixel(9, 7, image::Luma([80])), ImageFormat::Jpeg);
        let frame = jpeg(&grey, Duration::ZERO, Vec::new()).unwrap();
        assert!(frame.rgb().iter().all(|v| v.abs_diff(80) <= 1));
        let alpha = image::RgbaImage::from_pixel(3, 2, image::Rgba([1, 2, 3, 0]));
        let frame = photo(&encoded(alpha, ImageFormat::Png), Duration::ZERO).unwrap();
        assert_eq!(frame.rgb()[..3], [1, 2, 3]);
    }

    /// A JPEG of one 8 × 8 block for each component, all of the middle level: every Huffman table
    /// has one code of one bit, so that a whole block is the two bits 00.
    fn one_block(components: u8) -> Vec<u8> {
        let list = |entry: fn(u8) -> Vec<u8>| (1..=components).flat_map(entry).collect::<Vec<_>>();
        let segment =
            |marker: u8, body: &[u8]| [&[0xff, marker, 0, body.len() as u8 + 2], body].concat();
        let table = |class: u8| [&[class, 1][..], &[0; 15], &[0]].concat();
        let frame = [&[8, 0, 8, 0, 8, components][..], &list(|n| vec![n, 0x11, 0])].concat();
        let scan = [&[components][..], &list(|n| vec![n, 0]), &[0, 63, 0]].concat();
        [
            vec![0xff, 0xd8],
            segment(0xee, b"Adobe\0\x64\0\0\0\0\0"),
            segment(0xdb, &[&[0][..], &[1; 64]].concat()),
            segment(0xc0, &frame),
            segment(0xc4, &table(0x00)),
            segment(0xc4, &table(0x10)),
            segment(0xda, &scan),
            vec![0, 0, 0xff, 0xd9],
        ]
        .concat()
    }

    #[test]
    fn four_printing_inks_become_rgb_and_two_components_are_refused() {
        let inks = jpeg(&one_block(4), Duration::ZERO, Vec::new()).unwrap();
        assert_eq!((inks.width(), inks.height()), (8, 8));
        assert!(inks.rgb().iter().all(|v| v.abs_diff(64) <= 1), "{:?}", &inks.rgb()[..3]);
        let grey = jpeg(&one_block(1), Duration::ZERO, Vec::new()).unwrap();
        assert!(grey.rgb().iter().all(|v| v.abs_diff(128) <= 1));
        assert!(jpeg(&one_block(2), Duration::ZERO, Vec::new()).is_err());
    }

    #[test]
    fn photographs_are_turned_as_their_orientation_says() {
        let sizes = [(1, (48, 16)), (3, (48, 16)), (6, (16, 48)), (8, (16, 48)), (0, (48, 16))];
        for (value, size) in sizes {
            let frame = photo(&with_orientation(value), Duration::ZERO).unwrap();
            assert_eq!((frame.width(), frame.height()), size, "orientation {value}");
        }
        let turned = photo(&with_orientation(3), Duration::ZERO).unwrap();
        assert!(turned.rgb()[0] > 150, "the right edge is now on the left");
    }

    #[test]
    fn every_cut_of_a_picture_is_an_error() {
        for format in [ImageFormat::Jpeg, ImageFormat::Png] {
            let bytes = encoded(gradient(64, 64), format);
            for cut in 0..bytes.len() - 8 {
                assert!(photo(&bytes[..cut], Duration::ZERO).is_err(), "{format:?} at {cut}");
                assert!(jpeg(&bytes[..cut], Duration::ZERO, Vec::new()).is_err());
            }
        }
    }

    #[test]
    fn enormous_and_empty_pictures_are_refused_by_their_header() {
        let mut bytes = encoded(gradient(16, 16), ImageFormat::Jpeg);
        let header = bytes.windows(2).position(|w| w == [0xff, 0xc0]).unwrap();
        for size in [[0xff, 0xff, 0xff, 0xff], [0x1f, 0xff, 0x1f, 0xff], [0, 0, 0, 16]] {
            bytes[header + 5..header + 9].copy_from_slice(&size);
            let error = jpeg(&bytes, Duration::ZERO, Vec::new()).unwrap_err();
            assert!(matches!(error, DecodeError::Size { .. } | DecodeError::Jpeg(_)), "{error}");
        }
        let mut png = Vec::new();
        let wide = vec![0; 9000 * 3];
        let encoder = image::codecs::png::PngEncoder::new(&mut png);
        encoder.write_image(&wide, 9000, 1, image::ExtendedColorType::Rgb8).unwrap();
        let error = photo(&png, Duration::ZERO).unwrap_err();
        assert!(matches!(error, DecodeError::Size { width: 9000, height: 1 }), "{error}");
    }

    #[test]
    fn a_small_file_that_asks_for_much_memory_is_refused() {
        let deep = image::ImageBuffer::<image::Rgba<u16>, _>::new(4000, 4000);
        let bytes = encoded(DynamicImage::ImageRgba16(deep), ImageFormat::Png);
        assert!(bytes.len() < 1 << 20, "{}", bytes.len());
        assert!(matches!(photo(&bytes, Duration::ZERO), Err(DecodeError::Depth)));
        let deep = image::ImageBuffer::<image::Rgb<u16>, _>::new(64, 48);
        let bytes = encoded(DynamicImage::ImageRgb16(deep), ImageFormat::Png);
        assert_eq!(photo(&bytes, Duration::ZERO).unwrap().width(), 64);
    }

    #[test]
    fn what_is_no_picture_is_called_so() {
        for bytes in [&b""[..], b"\xff", b"hello", b"GIF89a", b"%PDF-1.7", &[0; 64]] {
            assert!(matches!(photo(bytes, Duration::ZERO), Err(DecodeError::Format)));
            assert!(matches!(jpeg(bytes, Duration::ZERO, Vec::new()), Err(DecodeError::Format)));
        }
    }

    proptest! {
        #[test]
        fn random_bytes_after_a_signature_never_panic(
            tail in proptest::collection::vec(any::<u8>(), 0..600), png in any::<bool>(),
        ) {
            let head: &[u8] = if png { b"\x89PNG\r\n\x1a\n" } else { b"\xff\xd8\xff\xe0" };
            let bytes = [head, &tail, b"\xff\xd9"].concat();
            prop_assert!(photo(&bytes, Duration::ZERO).is_err());
            prop_assert!(jpeg(&bytes, Duration::ZERO, Vec::new()).is_err());
        }

        #[test]
        fn damaged_jpeg_never_panics(at in any::<prop::sample::Index>(), value in any::<u8>()) {
            let mut bytes = encoded(gradient(64, 48), ImageFormat::Jpeg);
            let at = at.index(bytes.len());
            bytes[at] = value;
            if let Ok(frame) = jpeg(&bytes, Duration::ZERO, Vec::new()) {
                prop_assert!(frame.width() >= 1);
            }
        }
    }
}
