//! A canteen without a camera: ledger, desk, board and page, in this process.

use crate::browser::Page;
use canteend::clock::{Clock, ScriptedClock};
use canteend::config::{Config, rules};
use canteend::daemon::board::Board;
use canteend::daemon::desk::{self, Desk};
use canteend::daemon::kiosk::Backend;
use canteend::daemon::night;
use canteend::daemon::parts;
use canteend::daemon::writer::Writer;
use canteend::domain::calendar::{Date, MealWindow};
use canteend::domain::decision::Doubt;
use canteend::domain::elder::{Consent, Elder, ElderId, IdLast4, Sex};
use canteend::domain::entry::{Event, Review};
use canteend::domain::operator::OperatorId;
use canteend::domain::template::ModelId;
use canteend::store::{Enrolled, Listing, Pin, Reader};
use serde_json::{Value, json};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::sync::oneshot;

/// The PIN of every operator here.
pub const PIN: &str = "258036";
/// Lunch, on a Monday.
const NOON: &str = "2026-03-02T11:30:00+08:00";
/// The model of a gallery without faces.
pub const MODEL: ModelId = ModelId([7; 32]);

/// A folder in which a canteen can be opened again and again.
pub struct Premises {
    folder: tempfile::TempDir,
    elders: Vec<Elder>,
    /// Lines of `[kiosk]`.
    pub settings: String,
    pub starts_at: String,
}

/// Wang, 82, and Li, 74, who is somebody else's neighbour.
pub fn elders() -> Vec<Elder> {
    vec![elder(1, "王秀英", 1943), elder(2, "李建国", 1951), elder(3, "欧阳明", 1960)]
}

pub fn elder(n: usize, name: &str, born: i16) -> Elder {
    Elder {
        id: ElderId::new(&format!("p_{n}")).unwrap(),
        name: name.to_owned(),
        sex: if n % 2 == 1 { Sex::Female } else { Sex::Male },
        birth: Date::constant(born, 5, 2),
        id_last4: IdLast4::new(&format!("{:04}", n % 10_000)),
        eligible: vec![
            canteend::domain::calendar::Interval::new(Date::constant(2024, 1, 1), None).unwrap(),
        ],
        home_care: vec![],
        notices: vec![],
        consent: Consent { store_face: true, transmit: true },
    }
}

impl Premises {
    pub fn new(elders: Vec<Elder>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (settings, starts_at) = (String::new(), NOON.to_owned());
        Premises { folder, elders, settings, starts_at }
    }

    pub fn state(&self) -> PathBuf {
        self.folder.path().join("state")
    }

    fn config(&self) -> Config {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).display();
        let text = format!(
            "[site]\ndevice = \"test-box\"\nname = \"幸福食堂\"\ncounty = \"开发区\"\n\
             street = \"东城街道\"\narea = \"urban\"\nbuilt = \"new\"\nopened = \"2025-03-01\"\n\
             test_box = true\n[paths]\nstate = \"state\"\n\
             rules = \"{root}/config/rules/lcetdz-2022.toml\"\n[camera]\nsource = \"replay\"\n\
             path = \"none\"\nstarts_at = \"{}\"\n[kiosk]\nlisten = \"127.0.0.1:0\"\n{}\n",
            self.starts_at, self.settings
        );
        Config::parse(&text, &self.folder.path().join("canteend.toml")).unwrap()
    }

    /// Opens the canteen: with its elders and the operators op-1 and op-2 the first time.
    pub fn open(&self) -> Canteen {
        let config = self.config();
        let clock: Arc<dyn Clock> = Arc::new(ScriptedClock::new(self.starts_at.parse().unwrap()));
        let first = !self.state().exists();
        let (mut store, mut keeper) = parts::ledger(&config, clock.as_ref()).unwrap();
        if first {
            let stamp = keeper.stamp(&mut store, clock.as_ref()).unwrap();
            let enrolled: Vec<_> = self
                .elders
                .iter()
                .map(|elder| Enrolled { elder: elder.clone(), templates: vec![] })
                .collect();
            store.replace_gallery(stamp, MODEL, &enrolled).unwrap();
            for (id, name) in [("op-1", "小李"), ("op-2", "小张")] {
                let id = OperatorId::new(id).unwrap();
                store.add_operator(&id, name, &Pin::new(PIN).unwrap()).unwrap();
            }
        }
        let as_of = store.gallery_change().unwrap().unwrap().as_of;
        let book = rules::load(&config.rules).unwrap();
        let mut writer = Writer::new(store, self.elders.clone(), as_of, book, config.hours.clone());
        let (desk, orders) = desk::open();
        let board = Arc::new(Board::default());
        let (told, time) = (board.clone(), clock.clone());
        let ledger = std::thread::spawn(move || {
            orders.serve(&mut writer, &mut keeper, &time, |_| told.wrote());
        });
        let backend =
            Backend::open(&config, desk.clone(), board.clone(), clock.clone(), night::bell().0)
                .unwrap();
        let (address, stop, page) = serve(backend, config.kiosk.idle);
        let (state, stop) = (self.state(), Some(stop));
        Canteen { address, desk: Some(desk), board, clock, state, stop, page, ledger: Some(ledger) }
    }
}

type Thread = Option<JoinHandle<()>>;

/// Serves on a free port, on a thread of its own.
fn serve(backend: Arc<Backend>, idle: Duration) -> (SocketAddr, oneshot::Sender<()>, Thread) {
    // The port is free between the two bindings, because nobody else is given it so soon.
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let (ready, is_ready) = std::sync::mpsc::channel();
    let page = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            tokio::spawn(backend.run(address, idle));
            while tokio::net::TcpStream::connect(address).await.is_err() {
                tokio::task::yield_now().await;
            }
            ready.send(()).unwrap();
            let _ = stopped.await;
        });
    });
    is_ready.recv().unwrap();
    (address, stop, Some(page))
}

/// A canteen that is open.
pub struct Canteen {
    pub address: SocketAddr,
    pub desk: Option<Desk>,
    pub board: Arc<Board>,
    pub clock: Arc<dyn Clock>,
    state: PathBuf,
    stop: Option<oneshot::Sender<()>>,
    page: Thread,
    ledger: Thread,
}

impl Canteen {
    /// A canteen with three elders.
    pub fn new() -> (Premises, Canteen) {
        let premises = Premises::new(elders());
        let canteen = premises.open();
        (premises, canteen)
    }

    pub fn page(&self) -> Page {
        Page::open(self.address)
    }

    /// A page at which op-1 is signed in.
    pub fn staff(&self) -> Page {
        let mut page = self.page();
        let (status, answer) = page.act("sign-in", json!({ "operator": "op-1", "pin": PIN }));
        assert_eq!((status, &answer["code"]), (200, &json!("signed-in")), "{answer}");
        page
    }

    /// Lets time pass, up to `seconds` after the opening.
    pub fn reach(&self, seconds: u64) {
        self.clock.reached(Duration::from_secs(seconds));
        self.board.wrote();
    }

    /// The camera did not decide between these; the review's number.
    pub fn review(&self, candidates: &[usize]) -> u64 {
        let candidates =
            candidates.iter().map(|n| ElderId::new(&format!("p_{n}")).unwrap()).collect();
        let review = Event::Review(Review {
            date: Date::constant(2026, 3, 2),
            window: MealWindow::Lunch,
            reasons: vec![Doubt::ThinMargin],
            candidates,
        });
        let desk = self.desk.as_ref().unwrap();
        let write = move |at: &mut desk::At<'_>| {
            let stamp = at.stamp().unwrap();
            at.store().append(stamp, &review).unwrap().n
        };
        desk.ask_blocking(write).unwrap()
    }

    /// Entries after those of the opening: what the ledger says, as its own JSON.
    pub fn entries(&self) -> Vec<Value> {
        let reader = Reader::open(&self.state).unwrap();
        let all = reader.list(Listing::default(), 10_000).unwrap();
        let body = |recorded: &canteend::store::Recorded| -> Value {
            serde_json::from_slice(&recorded.body).unwrap()
        };
        all.iter()
            .map(body)
            .filter(|e| !["genesis", "gallery"].contains(&e["kind"].as_str().unwrap()))
            .collect()
    }

    /// Kinds of [`Canteen::entries`], without shifts.
    pub fn kinds(&self) -> Vec<String> {
        let kinds = self.entries();
        let kinds = kinds.iter().map(|e| e["kind"].as_str().unwrap().to_owned());
        kinds.filter(|kind| kind != "sign").collect()
    }
}

impl Drop for Canteen {
    fn drop(&mut self) {
        let _ = self.stop.take().map(|stop| stop.send(()));
        let _ = self.page.take().map(JoinHandle::join);
        self.desk = None;
        let _ = self.ledger.take().map(JoinHandle::join);
    }
}

/// The token of the elder whom a search finds first.
pub fn token(page: &Page, query: &str) -> String {
    let found = page.get(&format!("/find?q={query}")).json();
    found["hits"][0]["token"].as_str().unwrap_or_else(|| panic!("{found}")).to_owned()
}

impl Premises {
    /// Whether a file of the state folder holds `text`.
    pub fn holds(&self, text: &str) -> bool {
        let files = std::fs::read_dir(self.state()).unwrap();
        let bytes = files.map(|file| std::fs::read(file.unwrap().path()).unwrap());
        bytes.into_iter().any(|bytes| bytes.windows(text.len()).any(|part| part == text.as_bytes()))
    }
}
