//! The page's files, compiled in. Their folder is named by a digest of all of them, so that a
//! browser may keep each for ever and still has the new ones after an update.

use super::state::Language;
use super::template::fill;
use super::words;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderValue, IF_NONE_MATCH};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::LazyLock;

/// The page itself, with places to be filled.
const PAGE: &str = include_str!("assets/page.html");

/// A file: name, media type, bytes.
type File = (&'static str, &'static str, &'static [u8]);

const CSS: &str = "text/css; charset=utf-8";
const JS: &str = "text/javascript; charset=utf-8";
const SVG: &str = "image/svg+xml";

/// Names a file of the folder `assets`.
macro_rules! file {
    ($name:literal, $kind:expr) => {
        ($name, $kind, include_bytes!(concat!("assets/", $name)))
    };
}

/// Every file of the page.
const FILES: &[File] = &[
    file!("act.js", JS),
    file!("card.js", JS),
    file!("device.js", JS),
    file!("dialog.js", JS),
    file!("dom.js", JS),
    file!("find.js", JS),
    file!("icon.svg", SVG),
    file!("icons.svg", SVG),
    file!("keys.js", JS),
    file!("late.js", JS),
    file!("link.js", JS),
    file!("page.js", JS),
    file!("picture.js", JS),
    file!("reviews.js", JS),
    file!("search.js", JS),
    file!("sign.js", JS),
    file!("sound.js", JS),
    file!("staff.css", CSS),
    file!("stage.js", JS),
    file!("stream.js", JS),
    file!("strip.js", JS),
    file!("style.css", CSS),
    file!("today.js", JS),
];

/// A digest of all files: it changes with any of them. It guards nothing.
static VERSION: LazyLock<String> = LazyLock::new(|| {
    let mut hasher = DefaultHasher::new();
    FILES.hash(&mut hasher);
    format!("{:016x}", hasher.finish())
});

/// The page in a language.
pub fn page(language: Language) -> String {
    let labels = words::labels(language);
    let texts: serde_json::Map<_, _> =
        labels.all().map(|(name, text)| (name.to_owned(), text.into())).collect();
    fill(
        PAGE,
        &[
            ("lang", language.tag()),
            ("title", labels.title),
            ("wait", labels.wait),
            ("assets", &format!("/assets/{}", *VERSION)),
            ("labels", &serde_json::Value::Object(texts).to_string()),
        ],
    )
}

/// A file of the page; 404 for another name or version.
pub fn file(version: &str, name: &str, headers: &HeaderMap) -> Response {
    let found = FILES.iter().find(|(known, ..)| *known == name);
    let Some((_, kind, bytes)) = found.filter(|_| version == *VERSION) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let tag = format!("\"{version}\"");
    let known = headers.get(IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == tag.as_bytes());
    let tag = HeaderValue::from_str(&tag).expect("hexadecimal digits are a header's");
    let keep = HeaderValue::from_static("public, max-age=31536000, immutable");
    let fields =
        [(CONTENT_TYPE, HeaderValue::from_static(kind)), (ETAG, tag), (CACHE_CONTROL, keep)];
    match known {
        true => (StatusCode::NOT_MODIFIED, fields).into_response(),
        false => (fields, *bytes).into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_is_whole_in_both_languages_and_light() {
        for language in [Language::Zh, Language::En] {
            let page = page(language);
            assert!(!page.contains("{{") && page.contains(language.tag()), "{page}");
        }
        let bytes: usize = FILES.iter().map(|(.., bytes)| bytes.len()).sum();
        assert!(PAGE.len() + bytes <= 200_000, "{bytes}");
    }

    #[test]
    fn every_file_that_a_file_names_is_there() {
        for (name, kind, bytes) in FILES.iter().filter(|(_, kind, _)| *kind == JS) {
            let text = std::str::from_utf8(bytes).unwrap();
            for line in text.lines().filter(|line| line.contains(" from \"./")) {
                let wanted = line.split("\"./").nth(1).unwrap().split('"').next().unwrap();
                assert!(
                    FILES.iter().any(|(known, ..)| *known == wanted),
                    "{name} ({kind}): {wanted}"
                );
            }
        }
    }

    #[test]
    fn every_file_of_the_folder_is_served() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/kiosk/assets");
        for file in std::fs::read_dir(folder).unwrap() {
            let name = file.unwrap().file_name().into_string().unwrap();
            let served = name == "page.html" || FILES.iter().any(|(known, ..)| *known == name);
            assert!(served, "{name} is missing in FILES");
        }
    }
}
