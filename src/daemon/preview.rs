//! The camera's picture on its way to the page: newest frame in, JPEG out, and where the face is.
//!
//! 1. A picture is encoded only while somebody watches, on a thread of its own, and kept in memory
//!    only: never more than the newest.
//! 2. The counter does not wait for it: a frame that comes while the last one is being encoded is
//!    left out.
//! 3. At most [`WATCHERS_MAX`] watch.

use super::slot::Slot;
use crate::domain::evidence::FaceBox;
use crate::frame::{Frame, encode};
use std::sync::Arc;
use tokio::sync::watch;

/// Most watchers of the picture; a canteen has one screen.
pub const WATCHERS_MAX: usize = 4;
/// Widest picture, in pixels; wider frames are thinned by whole steps.
const WIDTH_PX_MAX: u32 = 640;

/// The newest picture; none before the first.
pub type Jpeg = Option<Arc<Vec<u8>>>;

/// Where a face is, as shares of the frame's width and height; it may reach over the edge.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Place {
    /// Left edge.
    pub x: f32,
    /// Upper edge.
    pub y: f32,
    /// Width.
    pub width: f32,
    /// Height.
    pub height: f32,
}

impl Place {
    /// The place of `face` in a frame of this size, in pixels.
    pub fn of(face: &FaceBox, width: u32, height: u32) -> Self {
        let (w, h) = (width as f32, height as f32);
        Place { x: face.x1 / w, y: face.y1 / h, width: face.width() / w, height: face.height() / h }
    }
}

/// The live picture.
pub struct Preview {
    slot: Slot,
    picture: watch::Sender<Jpeg>,
    face: watch::Sender<Option<Place>>,
}

impl Default for Preview {
    fn default() -> Self {
        Preview {
            slot: Slot::default(),
            picture: watch::Sender::new(None),
            face: watch::Sender::new(None),
        }
    }
}

impl Preview {
    /// The picture now and from now on; `None` where [`WATCHERS_MAX`] watch already.
    pub fn watch(&self) -> Option<watch::Receiver<Jpeg>> {
        (self.picture.receiver_count() < WATCHERS_MAX).then(|| self.picture.subscribe())
    }

    /// Where the face is that the counter attends to, now and from now on.
    pub fn face(&self) -> watch::Receiver<Option<Place>> {
        self.face.subscribe()
    }

    /// Takes a frame, where somebody watches.
    pub(super) fn offer(&self, frame: &Frame) {
        if self.picture.receiver_count() > 0 {
            self.slot.put_newest(frame.clone());
        }
    }

    /// Says where the face is.
    pub(super) fn point(&self, face: Option<Place>) {
        self.face.send_if_modified(|known| std::mem::replace(known, face) != face);
    }

    /// Takes the picture down: there is none any more.
    pub(super) fn blank(&self) {
        self.picture.send_replace(None);
        self.point(None);
    }

    /// The thread that encodes; it ends when the preview is closed.
    pub(super) fn run(&self) {
        while let Some(frame) = self.slot.take() {
            let step = frame.width().div_ceil(WIDTH_PX_MAX) as usize;
            self.picture.send_replace(Some(Arc::new(encode::jpeg(&frame, step))));
        }
    }

    /// Ends [`Preview::run`].
    pub(super) fn close(&self) {
        self.slot.close();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_picture_is_made_only_while_somebody_watches_and_only_so_many_may() {
        let preview = Preview::default();
        let frame = Frame::new(2, 2, vec![90; 12], Duration::ZERO).unwrap();
        preview.offer(&frame);
        let watchers: Vec<_> = (0..WATCHERS_MAX).map(|_| preview.watch().unwrap()).collect();
        assert!(preview.watch().is_none(), "one too many");
        preview.close();
        preview.run();
        assert!(watchers[0].borrow().is_none(), "it was taken before anybody watched");

        let preview = Preview::default();
        let watcher = preview.watch().unwrap();
        preview.offer(&frame);
        preview.close();
        preview.run();
        assert!(watcher.borrow().as_ref().is_some_and(|jpeg| jpeg.starts_with(&[0xFF, 0xD8])));
        preview.blank();
        assert!(watcher.borrow().is_none());
    }

    #[test]
    fn a_face_is_told_in_shares_of_the_frame() {
        let face = FaceBox { x1: 160.0, y1: 120.0, x2: 480.0, y2: 480.0 };
        let place = Place::of(&face, 640, 480);
        assert_eq!(place, Place { x: 0.25, y: 0.25, width: 0.5, height: 0.75 });
    }
}
