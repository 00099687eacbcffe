//! A USB Video Class camera of one size on a bulk endpoint: its descriptors and control requests,
//! after USB Device Class Definition for Video Devices 1.0.

/// Largest piece of the stream, its two-byte head included.
pub const PIECE_BYTES: usize = 16_384;
/// Offered times between frames, in units of 100 ns: 30, 15, 12.5 and 10 frames a second.
const INTERVALS: [u32; 4] = [333_333, 666_666, 800_000, 1_000_000];
/// What it is set to when it is plugged in: a rate that is not whole, which some programs cannot
/// describe.
const INTERVAL_AT_FIRST: u32 = 800_000;
/// A request that the device does not know: it stalls (EPIPE).
const STALL: i32 = -32;
/// GUID of YUY2.
const YUY2: [u8; 16] = *b"YUY2\0\0\x10\0\x80\0\0\xaa\0\x38\x9b\x71";

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Coding {
    Mjpeg,
    Yuyv,
}

/// What a camera offers: codings of one size.
pub struct Offer {
    pub codings: Vec<Coding>,
    pub width: u16,
    pub height: u16,
}

/// What the host chose.
#[derive(Clone, Copy)]
pub struct Mode {
    pub coding: Coding,
    /// Time between frames, in units of 100 ns.
    pub interval: u32,
}

/// What a control request did besides its answer.
pub enum Effect {
    None,
    /// The host chose a mode.
    Commit(Mode),
    /// The host stopped the stream.
    Halt,
}

/// The control side of the camera.
pub struct Controls {
    offer: Offer,
    /// The parameters under negotiation, as the standard lays them out (table 4-47).
    probe: [u8; 26],
}

impl Controls {
    pub fn new(offer: Offer) -> Self {
        let mut controls = Controls { offer, probe: [0; 26] };
        controls.probe[4..8].copy_from_slice(&INTERVAL_AT_FIRST.to_le_bytes());
        controls.settle();
        controls
    }

    /// Answers a control request: the bytes to the host, or the status of its failure.
    pub fn answer(&mut self, setup: [u8; 8], data: &[u8]) -> (Result<Vec<u8>, i32>, Effect) {
        let [kind, request, value, selector, index, ..] = setup;
        let probing = index == 1;
        let reply = match (kind, request) {
            (0x80, 6) => self.descriptor(selector, value),
            (0x80..=0x82, 0) => Ok(vec![0, 0]),
            (0x00, _) | (0x01, 11) => Ok(vec![]),
            (0x81, 10) => Ok(vec![0]),
            (0x02, 1) => return (Ok(vec![]), Effect::Halt),
            (0x21, 1) if probing => {
                let known = data.len().min(self.probe.len());
                self.probe[..known].copy_from_slice(&data[..known]);
                self.settle();
                let effect = if selector == 2 { Effect::Commit(self.mode()) } else { Effect::None };
                return (Ok(vec![]), effect);
            }
            (0xa1, 0x85) => Ok(vec![self.probe.len() as u8, 0]),
            (0xa1, 0x86) => Ok(vec![3]),
            (0xa1, 0x81..=0x87) if probing => Ok(self.limits(request)),
            _ => Err(STALL),
        };
        (reply, Effect::None)
    }

    /// Moves what the host asked for to what there is.
    fn settle(&mut self) {
        self.probe[2] = self.probe[2].clamp(1, self.offer.codings.len() as u8);
        self.probe[3] = 1;
        let asked =
            u32::from_le_bytes([self.probe[4], self.probe[5], self.probe[6], self.probe[7]]);
        let interval =
            INTERVALS.into_iter().min_by_key(|i| i.abs_diff(asked)).unwrap_or(INTERVALS[0]);
        self.probe[4..8].copy_from_slice(&interval.to_le_bytes());
        self.probe[18..22].copy_from_slice(&self.offer.bytes().to_le_bytes());
        self.probe[22..26].copy_from_slice(&(PIECE_BYTES as u32).to_le_bytes());
    }

    fn mode(&self) -> Mode {
        let interval =
            u32::from_le_bytes([self.probe[4], self.probe[5], self.probe[6], self.probe[7]]);
        Mode { coding: self.offer.codings[usize::from(self.probe[2]) - 1], interval }
    }

    /// The parameters, or their least (0x82), largest (0x83) and first (0x87) values.
    fn limits(&self, request: u8) -> Vec<u8> {
        let mut probe = self.probe;
        match request {
            0x82 => probe[4..8].copy_from_slice(&INTERVALS[0].to_le_bytes()),
            0x83 => probe[4..8].copy_from_slice(&INTERVALS[3].to_le_bytes()),
            0x87 => probe[4..8].copy_from_slice(&INTERVAL_AT_FIRST.to_le_bytes()),
            _ => {}
        }
        probe.to_vec()
    }

    fn descriptor(&self, kind: u8, index: u8) -> Result<Vec<u8>, i32> {
        match (kind, index) {
            // USB 2.0, several interfaces, 64-byte control packets, vendor 1209, product 0001.
            (1, _) => Ok(vec![18, 1, 0, 2, 0xef, 2, 1, 64, 9, 0x12, 1, 0, 0, 1, 1, 2, 3, 1]),
            (2, _) => Ok(self.offer.configuration()),
            (3, 0) => Ok(vec![4, 3, 9, 4]),
            (3, 1) => Ok(text("canteend")),
            (3, 2) => Ok(text("Emulated camera")),
            (3, 3) => Ok(text("0001")),
            _ => Err(STALL),
        }
    }
}

impl Offer {
    /// Bytes of an uncompressed frame; no frame is larger.
    fn bytes(&self) -> u32 {
        u32::from(self.width) * u32::from(self.height) * 2
    }

    fn configuration(&self) -> Vec<u8> {
        // Camera terminal 1 → processing unit 2 → output terminal 3.
        let units = [
            &[18, 0x24, 2, 1, 1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0][..],
            &[11, 0x24, 5, 2, 1, 0, 0, 2, 0, 0, 0],
            &[9, 0x24, 3, 3, 1, 1, 0, 2, 0],
        ]
        .concat();
        let control = [
            &[13, 0x24, 1, 0, 1][..],
            &(13 + units.len() as u16).to_le_bytes(),
            &48_000_000u32.to_le_bytes(),
            &[1, 1],
            &units,
        ]
        .concat();
        let formats: Vec<u8> =
            (1..).zip(&self.codings).flat_map(|(n, coding)| self.format(n, *coding)).collect();
        let count = self.codings.len() as u8;
        let head = 13 + count;
        let stream = [
            &[head, 0x24, 1, count][..],
            &(u16::from(head) + formats.len() as u16).to_le_bytes(),
            &[0x81, 0, 3, 0, 0, 0, 1],
            &vec![0; count.into()],
            &formats,
        ]
        .concat();
        let body = [
            &[8, 11, 0, 2, 14, 3, 0, 0][..],
            &[9, 4, 0, 0, 0, 14, 1, 0, 0],
            &control,
            &[9, 4, 1, 0, 1, 14, 2, 0, 0],
            &stream,
            &[7, 5, 0x81, 2, 0, 2, 0],
        ]
        .concat();
        let length = (9 + body.len() as u16).to_le_bytes();
        [&[9, 2][..], &length, &[2, 1, 0, 0x80, 250], &body].concat()
    }

    /// One format with its one frame size and its colours.
    fn format(&self, number: u8, coding: Coding) -> Vec<u8> {
        let (head, kind) = match coding {
            Coding::Mjpeg => (vec![11, 0x24, 6, number, 1, 1, 1, 0, 0, 0, 0], 7),
            Coding::Yuyv => {
                ([&[27, 0x24, 4, number, 1][..], &YUY2, &[16, 1, 0, 0, 0, 0]].concat(), 5)
            }
        };
        let mut frame = vec![26 + 4 * INTERVALS.len() as u8, 0x24, kind, 1, 0];
        frame.extend([self.width, self.height].map(u16::to_le_bytes).concat());
        let bytes = self.bytes();
        frame.extend(
            [bytes * 80, bytes * 240, bytes, INTERVAL_AT_FIRST].map(u32::to_le_bytes).concat(),
        );
        frame.push(INTERVALS.len() as u8);
        frame.extend(INTERVALS.map(u32::to_le_bytes).concat());
        [head, frame, vec![6, 0x24, 13, 1, 1, 4]].concat()
    }
}

fn text(of: &str) -> Vec<u8> {
    let units: Vec<u8> = of.encode_utf16().flat_map(u16::to_le_bytes).collect();
    [&[2 + units.len() as u8, 3][..], &units].concat()
}
