//! A bad network between boxes and a city: it loses, cuts, repeats, holds back and replays.
//!
//! It stands between real connections and passes on the bytes of real requests and answers. What
//! becomes of a connection is drawn by lot from a seed. Nothing waits: a request that is held back
//! arrives when so many others have passed it.

use fastrand::Rng;
use std::collections::VecDeque;
use std::io::{self, Write as _};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

/// Most bytes of a message that pass.
const MESSAGE_BYTES_MAX: usize = 4 << 20;
/// Most requests that are remembered, to be replayed.
const PAST_MAX: usize = 64;
/// By how many others a request that is held back is overtaken at most.
const OVERTAKEN_MAX: u64 = 60;

/// What can become of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// The request and its answer arrive.
    Pass,
    /// It breaks before anything has arrived.
    Lost,
    /// It breaks at some byte of the request.
    RequestCut,
    /// It breaks at some byte of the answer.
    AnswerCut,
    /// The request arrives twice; the box hears one of the answers.
    Repeat,
    /// It breaks, and the request arrives when others have overtaken it.
    Held,
    /// A request of long ago arrives again before this one.
    Replay,
}

/// All fates but the good one.
pub const MISHAPS: [Fate; 6] =
    [Fate::Lost, Fate::RequestCut, Fate::AnswerCut, Fate::Repeat, Fate::Held, Fate::Replay];

struct Weather {
    random: Rng,
    /// How many of a hundred connections go wrong.
    percent: u64,
    /// How many connections there were.
    count: u64,
    met: Vec<Fate>,
    held: Vec<(u64, Vec<u8>)>,
    past: VecDeque<Vec<u8>>,
}

pub struct Network {
    address: SocketAddr,
    weather: Arc<Mutex<Weather>>,
    thread: Option<JoinHandle<()>>,
}

impl Network {
    /// A network before the city at `city`, in which `percent` of connections go wrong.
    pub fn before(city: SocketAddr, percent: u64, seed: u64) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let weather = Arc::new(Mutex::new(Weather {
            random: Rng::with_seed(seed),
            percent,
            count: 0,
            met: Vec::new(),
            held: Vec::new(),
            past: VecDeque::new(),
        }));
        let shared = weather.clone();
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut weather = shared.lock().unwrap();
                // A connection that breaks is what this is about.
                if matches!(weather.carry(city, stream.unwrap()), Ok(Carried::End)) {
                    return;
                }
            }
        });
        Network { address, weather, thread: Some(thread) }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The requests that have passed, the last [`PAST_MAX`] of them.
    pub fn past(&self) -> Vec<Vec<u8>> {
        self.weather.lock().unwrap().past.iter().cloned().collect()
    }

    /// Hands the city everything once more that has passed. Gives the answers.
    pub fn replay(&self, city: SocketAddr) -> Vec<String> {
        self.past().iter().map(|r| String::from_utf8(ask(city, r).unwrap()).unwrap()).collect()
    }

    /// How often each mishap has happened.
    pub fn mishaps(&self) -> [usize; MISHAPS.len()] {
        let weather = self.weather.lock().unwrap();
        MISHAPS.map(|fate| weather.met.iter().filter(|met| **met == fate).count())
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        // A connection without a single byte ends it; where there is none to be had it has ended.
        drop(TcpStream::connect(self.address));
        let ended = self.thread.take().map(JoinHandle::join);
        if !std::thread::panicking() {
            assert!(matches!(ended, Some(Ok(()))), "the network panicked");
        }
    }
}

enum Carried {
    One,
    /// Nothing was asked.
    End,
}

impl Weather {
    /// Lets one connection fare as it is drawn.
    fn carry(&mut self, city: SocketAddr, mut near: TcpStream) -> io::Result<Carried> {
        self.count += 1;
        let due = self.held.extract_if(.., |(due, _)| *due <= self.count).collect::<Vec<_>>();
        for (_, request) in due {
            ask(city, &request)?;
        }
        let request = message(&mut near)?;
        if request.is_empty() {
            return Ok(Carried::End);
        }
        let fate = self.draw();
        self.met.push(fate);
        let lot = self.random.u64(..);
        match fate {
            Fate::Lost => {}
            Fate::RequestCut => {
                let part = usize::try_from(lot % request.len() as u64).unwrap();
                let mut far = TcpStream::connect(city)?;
                far.write_all(&request[..part])?;
                far.shutdown(Shutdown::Both)?;
            }
            Fate::AnswerCut => {
                let answer = ask(city, &request)?;
                let part = usize::try_from(lot % answer.len() as u64).unwrap();
                near.write_all(&answer[..part])?;
            }
            Fate::Repeat => {
                let answers = [ask(city, &request)?, ask(city, &request)?];
                near.write_all(&answers[usize::from(lot & 1 == 0)])?;
            }
            Fate::Held => {
                self.held.push((self.count + 1 + lot % OVERTAKEN_MAX, request.clone()));
            }
            Fate::Replay | Fate::Pass => {
                if fate == Fate::Replay && !self.past.is_empty() {
                    ask(city, &self.past[usize::try_from(lot).unwrap() % self.past.len()])?;
                }
                near.write_all(&ask(city, &request)?)?;
            }
        }
        self.past.push_back(request);
        if self.past.len() > PAST_MAX {
            self.past.pop_front();
        }
        Ok(Carried::One)
    }

    fn draw(&mut self) -> Fate {
        let (bad, which) = (self.random.u64(..100) < self.percent, self.random.u64(..));
        let place = usize::try_from(which % MISHAPS.len() as u64).unwrap();
        if bad { MISHAPS[place] } else { Fate::Pass }
    }
}

/// Hands a request to the city and gives its whole answer.
pub fn ask(city: SocketAddr, request: &[u8]) -> io::Result<Vec<u8>> {
    let mut far = TcpStream::connect(city)?;
    far.write_all(request)?;
    message(&mut far)
}

/// One whole HTTP message, or nothing where the connection ends before its first byte.
pub fn message(stream: &mut impl io::Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut part = [0; 16 << 10];
    loop {
        if let Some(length) = whole_length(&bytes)
            && bytes.len() >= length
        {
            return Ok(bytes);
        }
        let count = stream.read(&mut part)?;
        if count == 0 && bytes.is_empty() {
            return Ok(bytes);
        }
        assert!(count > 0 && bytes.len() < MESSAGE_BYTES_MAX, "a message without an end");
        bytes.extend_from_slice(&part[..count]);
    }
}

/// How long a message is, once its head is there.
fn whole_length(bytes: &[u8]) -> Option<usize> {
    let head = bytes.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
    let text = String::from_utf8_lossy(&bytes[..head]).to_ascii_lowercase();
    let stated = text.lines().find_map(|line| line.strip_prefix("content-length:"));
    Some(head + stated.map_or(0, |length| length.trim().parse::<usize>().unwrap()))
}
