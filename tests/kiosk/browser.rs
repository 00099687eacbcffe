//! A browser as far as the server is concerned: cookies, the page's token, streams.

use serde_json::{Value, json};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Nothing in these tests takes so long.
const PATIENCE: Duration = Duration::from_secs(30);

/// An answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    /// Header fields, names in lower case.
    pub fields: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn field(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("{e}: {}", self.text()))
    }
}

fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream
}

/// Sends `request` as it stands and reads to the end.
pub fn raw(address: SocketAddr, request: &[u8]) -> Answer {
    let mut stream = connect(address);
    // The server may answer and close before it has read all.
    let _ = stream.write_all(request);
    let mut reader = BufReader::new(stream);
    let (status, fields) = head(&mut reader);
    let mut body = vec![];
    let _ = reader.read_to_end(&mut body);
    Answer { status, fields, body }
}

/// Status and header fields.
fn head(reader: &mut impl std::io::BufRead) -> (u16, Vec<(String, String)>) {
    let mut line = String::new();
    reader.read_line(&mut line).unwrap();
    let status = line.split(' ').nth(1).unwrap_or_else(|| panic!("{line:?}")).parse().unwrap();
    let mut fields = vec![];
    loop {
        line.clear();
        reader.read_line(&mut line).unwrap();
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        fields.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    (status, fields)
}

/// A page that was opened.
pub struct Page {
    pub address: SocketAddr,
    pub cookie: String,
    pub csrf: String,
}

impl Page {
    /// Opens the page and learns its token from its first state.
    pub fn open(address: SocketAddr) -> Self {
        let request = format!("GET / HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
        let answer = raw(address, request.as_bytes());
        assert_eq!(answer.status, 200);
        let mut page = Page { address, cookie: String::new(), csrf: String::new() };
        page.take_cookie(&answer);
        page.csrf = page.state()["csrf"].as_str().unwrap().to_owned();
        page
    }

    fn take_cookie(&mut self, answer: &Answer) {
        if let Some(field) = answer.field("set-cookie") {
            self.cookie = field.split(';').next().unwrap().to_owned();
        }
    }

    pub fn get(&self, path: &str) -> Answer {
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: {}\r\nCookie: {}\r\nConnection: close\r\n\r\n",
            self.address, self.cookie
        );
        raw(self.address, request.as_bytes())
    }

    pub fn state(&self) -> Value {
        let answer = self.get("/state");
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()
    }

    /// A key that no tap has had.
    pub fn key() -> String {
        static TAPS: AtomicU64 = AtomicU64::new(0);
        format!("key{:016}", TAPS.fetch_add(1, Ordering::Relaxed))
    }

    /// A tap with a fresh key: status and answer.
    pub fn act(&mut self, name: &str, body: Value) -> (u16, Value) {
        let key = Self::key();
        self.tap(name, &key, body)
    }

    /// A tap with this key.
    pub fn tap(&mut self, name: &str, key: &str, mut body: Value) -> (u16, Value) {
        body["key"] = json!(key);
        let answer = self.post(name, &body.to_string(), &[]);
        self.take_cookie(&answer);
        let said = answer.json();
        if name == "sign-in" && answer.status == 200 {
            self.csrf = self.state()["csrf"].as_str().unwrap().to_owned();
        }
        (answer.status, said)
    }

    /// A POST; `fields` replace those of the same name, or leave them out where they are empty.
    pub fn post(&self, name: &str, body: &str, fields: &[(&str, &str)]) -> Answer {
        let origin = format!("http://{}", self.address);
        let (host, length) = (self.address.to_string(), body.len().to_string());
        let mut all = vec![
            ("Host", host.as_str()),
            ("Origin", &origin),
            ("Cookie", &self.cookie),
            ("X-Csrf-Token", &self.csrf),
            ("Content-Type", "application/json"),
            ("Content-Length", &length),
            ("Connection", "close"),
        ];
        for (name, value) in fields {
            all.retain(|(known, _)| known != name);
            all.push((name, value));
        }
        let mut request = format!("POST /act/{name} HTTP/1.1\r\n");
        for (name, value) in all.iter().filter(|(_, value)| !value.is_empty()) {
            request += &format!("{name}: {value}\r\n");
        }
        request += "\r\n";
        request += body;
        raw(self.address, request.as_bytes())
    }

    /// Follows the page's events.
    pub fn events(&self) -> Events {
        let events = Events::open(self.address, &self.cookie);
        assert_eq!(events.status, 200);
        events
    }
}

/// A stream of events.
pub struct Events {
    pub status: u16,
    reader: BufReader<TcpStream>,
}

impl Events {
    pub fn open(address: SocketAddr, cookie: &str) -> Self {
        let mut stream = connect(address);
        let request =
            format!("GET /events HTTP/1.1\r\nHost: {address}\r\nCookie: {cookie}\r\n\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        let mut reader = BufReader::new(stream);
        let (status, _) = head(&mut reader);
        Events { status, reader }
    }

    /// The next state.
    pub fn state(&mut self) -> Value {
        let mut named_state = false;
        loop {
            let mut line = String::new();
            assert!(self.reader.read_line(&mut line).unwrap() > 0, "the stream has ended");
            let line = line.trim_end();
            if line == "event: state" {
                named_state = true;
            } else if named_state && let Some(data) = line.strip_prefix("data: ") {
                return serde_json::from_str(data).unwrap();
            }
        }
    }

    /// The first state that is as wanted.
    pub fn until(&mut self, wanted: impl Fn(&Value) -> bool) -> Value {
        loop {
            let state = self.state();
            if wanted(&state) {
                return state;
            }
        }
    }
}
