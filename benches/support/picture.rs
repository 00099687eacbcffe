//! A photograph as a camera would give it.

#![expect(clippy::unwrap_used, reason = "a bench may stop")]

use image::codecs::jpeg::JpegEncoder;
use image::imageops::FilterType;
use image::{ImageEncoder as _, RgbImage};
use std::path::Path;

/// One face that is worth its evidence, in a picture of this size.
pub fn photo(width: u32, height: u32) -> RgbImage {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/photos/obama.jpg");
    let photo = image::open(path).expect("the photographs are there; `make photos`");
    photo.resize_exact(width, height, FilterType::Triangle).into_rgb8()
}

/// The picture as a camera's JPEG.
pub fn jpeg(picture: &RgbImage) -> Vec<u8> {
    let mut bytes = vec![];
    let (width, height) = picture.dimensions();
    let colours = image::ExtendedColorType::Rgb8;
    JpegEncoder::new(&mut bytes).write_image(picture, width, height, colours).unwrap();
    bytes
}
