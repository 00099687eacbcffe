//! The wire between the kernel's virtual USB host controller (vhci-hcd) and a device: usbip, after
//! Documentation/usb/usbip_protocol.rst of the kernel. All numbers are big-endian.

use std::io::{self, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::sync::Mutex;

/// Length of every head.
const HEAD_BYTES: usize = 48;
/// Longest data that the host sends to the device: control transfers are short.
const OUT_BYTES_MAX: usize = 4096;

/// What the host asks.
pub enum Request {
    /// A control transfer; `data` is what the host sends with it.
    Control { number: u32, setup: [u8; 8], to_host: bool, data: Vec<u8> },
    /// Room for `length` bytes of the video stream.
    Room { number: u32, length: usize },
    /// Take back a request.
    Unlink { number: u32, target: u32 },
}

/// Reads one request.
pub fn read(host: &mut UnixStream) -> io::Result<Request> {
    let mut head = [0; HEAD_BYTES];
    host.read_exact(&mut head)?;
    let field = |n: usize| {
        let bytes = [head[n * 4], head[n * 4 + 1], head[n * 4 + 2], head[n * 4 + 3]];
        u32::from_be_bytes(bytes)
    };
    let (command, number, to_host, endpoint) = (field(0), field(1), field(3) == 1, field(4));
    match command {
        1 => {
            let length = field(6) as usize;
            if endpoint != 0 {
                return Ok(Request::Room { number, length });
            }
            let mut data = vec![0; if to_host { 0 } else { length.min(OUT_BYTES_MAX) }];
            host.read_exact(&mut data)?;
            let mut setup = [0; 8];
            setup.copy_from_slice(&head[40..]);
            Ok(Request::Control { number, setup, to_host, data })
        }
        2 => Ok(Request::Unlink { number, target: field(5) }),
        _ => Err(io::ErrorKind::InvalidData.into()),
    }
}

/// Answers to the host, from several threads.
pub struct Replies(Mutex<UnixStream>);

impl Replies {
    pub fn new(host: UnixStream) -> Self {
        Replies(Mutex::new(host))
    }

    /// A transfer is done: `length` bytes were moved, `data` of them to the host; or it failed.
    pub fn done(&self, number: u32, status: i32, length: usize, data: &[u8]) -> io::Result<()> {
        self.send(3, number, status, length as u32, data)
    }

    /// A request was taken back, or came too late (status 0).
    pub fn unlinked(&self, number: u32, status: i32) -> io::Result<()> {
        self.send(4, number, status, 0, &[])
    }

    fn send(
        &self,
        command: u32,
        number: u32,
        status: i32,
        length: u32,
        data: &[u8],
    ) -> io::Result<()> {
        let mut bytes = Vec::with_capacity(HEAD_BYTES + data.len());
        for field in [command, number, 0, 0, 0, status as u32, length] {
            bytes.extend(field.to_be_bytes());
        }
        bytes.resize(HEAD_BYTES, 0);
        bytes.extend(data);
        self.0.lock().expect("no holder panics").write_all(&bytes)
    }
}
