use super::*;
use proptest::prelude::*;

fn raw(picture: &[u8]) -> Raw {
    Raw {
        format: Format::Yuyv,
        damaged: true,
        sequence: 7,
        taken: Duration::from_nanos(1_234_567_890_123),
        width: 640,
        height: 480,
        picture: picture.to_vec(),
    }
}

fn bytes(message: &Message) -> Vec<u8> {
    let mut bytes = vec![];
    match message {
        Message::Frame(raw) => write_frame(&mut bytes, raw, &raw.picture).unwrap(),
        Message::Fault(trouble) => write_fault(&mut bytes, trouble).unwrap(),
    }
    bytes
}

fn examples() -> Vec<Message> {
    let mjpeg = Raw { format: Format::Mjpeg, damaged: false, ..raw(b"") };
    vec![
        Message::Frame(raw(b"picture")),
        Message::Frame(mjpeg),
        Message::Fault(Trouble::new(Fault::WrongFormat, "只有 GREY")),
        Message::Fault(Fault::NoCamera.into()),
    ]
}

#[test]
fn what_is_written_is_read_and_then_comes_the_end() {
    let stream: Vec<u8> = examples().iter().flat_map(bytes).collect();
    let mut input = stream.as_slice();
    for message in examples() {
        assert_eq!(read(&mut input).unwrap(), Some(message));
    }
    assert_eq!(read(&mut input).unwrap(), None);
}

#[test]
fn every_cut_inside_a_message_is_an_error() {
    for message in examples() {
        let whole = bytes(&message);
        for cut in 1..whole.len() {
            let error = read(&mut &whole[..cut]).unwrap_err();
            assert!(matches!(error, WireError::Truncated), "{message:?} at {cut}: {error}");
        }
    }
}

/// Offset in a message, value put there, and what the error names.
#[test]
fn every_value_that_is_never_written_is_named() {
    let frame = bytes(&examples()[0]);
    let fault = bytes(&examples()[2]);
    let cases: &[(&[u8], usize, &[u8], &str)] = &[
        (&frame, 0, b"CTF2", "magic"),
        (&frame, 7, &[1], "magic"),
        (&frame, 4, &[0], "kind"),
        (&frame, 4, &[3], "kind"),
        (&frame, 5, &[3], "format"),
        (&frame, 6, &[2], "flags"),
        (&frame, 20, &[0, 0], "size"),
        (&frame, 22, &[0xff, 0xff], "size"),
        (&frame, 24, &[1, 0, 0, 1], "length"),
        (&frame, 24, &[0xff; 4], "length"),
        (&fault, 5, &[0], "fault"),
        (&fault, 5, &[99], "fault"),
        (&fault, 6, &[1], "fault's head"),
        (&fault, 23, &[1], "fault's head"),
        (&fault, 24, &[0, 5], "length"),
        (&fault, HEAD_BYTES, &[0xff], "detail"),
    ];
    for (whole, at, value, named) in cases {
        let mut bytes = whole.to_vec();
        bytes[*at..at + value.len()].copy_from_slice(value);
        match read(&mut bytes.as_slice()) {
            Err(WireError::Nonsense(field)) => assert_eq!(field, *named, "byte {at}"),
            other => panic!("byte {at}, {named}: {other:?}"),
        }
    }
}

#[test]
fn a_length_out_of_bounds_is_refused_before_memory_is_taken_for_it() {
    let mut bytes = bytes(&examples()[0]);
    bytes[24..28].copy_from_slice(&u32::MAX.to_le_bytes());
    // A reader that panics when anything after the head is asked for.
    struct HeadOnly<'b>(&'b [u8]);
    impl Read for HeadOnly<'_> {
        fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
            assert!(!self.0.is_empty(), "read on after a bad head");
            self.0.read(out)
        }
    }
    assert!(read(&mut HeadOnly(&bytes[..HEAD_BYTES])).is_err());
}

#[test]
fn a_picture_that_is_too_long_is_not_written() {
    let long = vec![0; PICTURE_BYTES_MAX + 1];
    let mut out = vec![];
    assert!(write_frame(&mut out, &raw(b""), &long).is_err() && out.is_empty());
}

#[test]
fn a_detail_that_is_too_long_is_cut_between_characters() {
    let detail = "长".repeat(DETAIL_BYTES_MAX);
    let mut out = vec![];
    write_fault(&mut out, &Trouble::new(Fault::Worker, detail)).unwrap();
    match read(&mut out.as_slice()).unwrap() {
        Some(Message::Fault(t)) => assert_eq!(t.detail.len(), DETAIL_BYTES_MAX / 3 * 3),
        other => panic!("{other:?}"),
    }
}

proptest! {
    #[test]
    fn garbage_is_an_error_or_the_end_and_never_a_panic(
        garbage in proptest::collection::vec(any::<u8>(), 0..200), signed in any::<bool>(),
    ) {
        let stream = if signed { [&MAGIC[..], &garbage].concat() } else { garbage };
        let mut input = stream.as_slice();
        // Each message that is read takes at least its head, so this ends.
        while let Ok(Some(_)) = read(&mut input) {}
    }
}
