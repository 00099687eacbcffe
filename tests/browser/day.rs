//! A canteen without a camera whose time and whose people a script tells: `day.mjs` sends a line, a
//! line comes back. Ledger, rules and page are real.

use crate::canteen::Canteen;
use canteend::daemon::board::Scene;
use canteend::daemon::checkin::Outcome;
use canteend::daemon::timekeeper::Moment;
use canteend::domain::decision::Doubt;
use canteend::domain::elder::ElderId;
use canteend::domain::evidence::Flaw;
use canteend::domain::health::Trouble;
use canteend::domain::visit::Prompt;
use serde::Deserialize;
use serde_json::{Value, json};
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;

/// What the script says.
#[derive(Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case", deny_unknown_fields)]
enum Word {
    /// So many seconds have passed since the opening.
    At { seconds: u64 },
    /// The camera asks for something.
    Prompt { code: String },
    /// The camera knows this elder.
    Elder { n: usize },
    /// The camera does not decide between these.
    Doubt { candidates: Vec<usize> },
    /// Something is the matter, or is no more.
    Trouble { code: String, holds: bool },
    /// How many entries of a kind there are, and the last of them.
    Entries { kind: String },
}

/// Obeys the first script that connects, until it ends.
pub fn obey(canteen: &Canteen, listener: &TcpListener) {
    let (stream, _) = listener.accept().unwrap();
    let mut answers = stream.try_clone().unwrap();
    for line in BufReader::new(stream).lines() {
        let answer = carry_out(canteen, serde_json::from_str(&line.unwrap()).unwrap());
        writeln!(answers, "{answer}").unwrap();
    }
}

fn carry_out(canteen: &Canteen, word: Word) -> Value {
    match word {
        Word::At { seconds } => canteen.reach(seconds),
        Word::Prompt { code } => canteen.board.show(Scene::Prompt(prompt(&code))),
        Word::Elder { n } => settle(canteen, Outcome::Accepted(elder(n))),
        Word::Doubt { candidates } => {
            let candidates = candidates.into_iter().map(elder).collect();
            settle(canteen, Outcome::Staff { candidates, doubts: vec![Doubt::ThinMargin] });
        }
        Word::Trouble { code, holds } => {
            let trouble = *Trouble::ALL.iter().find(|trouble| trouble.code() == code).unwrap();
            match holds {
                true => canteen.board.raise(trouble, canteen.clock.now(), "told"),
                false => canteen.board.clear(trouble),
            }
        }
        Word::Entries { kind } => {
            let entries = canteen.entries().into_iter().filter(|entry| entry["kind"] == *kind);
            let all: Vec<Value> = entries.collect();
            return json!({ "count": all.len(), "last": all.last() });
        }
    }
    json!({})
}

fn prompt(code: &str) -> Prompt {
    match code {
        "welcome" => Prompt::Welcome,
        "wait" => Prompt::Wait,
        "one-at-a-time" => Prompt::OneAtATime,
        "too-far" => Prompt::Mend(Flaw::TooFar),
        _ => panic!("no such prompt: {code}"),
    }
}

fn elder(n: usize) -> ElderId {
    ElderId::new(&format!("p_{n}")).unwrap()
}

/// Records a visit and shows what comes of it, as the vision thread does.
fn settle(canteen: &Canteen, outcome: Outcome) {
    let moment = Moment::now(canteen.clock.as_ref());
    let desk = canteen.desk.as_ref().unwrap();
    let shown = desk.ask_blocking(move |at| at.settle(moment, &outcome).unwrap()).unwrap();
    canteen.board.show(Scene::Shown(shown));
}
