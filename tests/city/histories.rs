//! A box that is restored again and again from whichever copy, on a bad network: whatever the city
//! acknowledged counts once, and both sides agree.

use super::epochs::{Copy, alarms, eat, judge, report, sums, void};
use super::network::Network;
use super::town::{TestBox, Town, wait};
use canteend::daemon::upload::{self, UploadError};
use canteend::domain::entry::EntryNumber;
use fastrand::Rng;
use std::collections::BTreeSet;
use std::hash::{BuildHasher as _, Hasher as _};

/// How many of a hundred connections go wrong.
const MISHAPS_PERCENT: u64 = 20;

/// What one ledger holds: elders, each with the entry of the meal, and those whose meal was undone.
#[derive(Clone, Default)]
struct Chain {
    meals: Vec<(String, EntryNumber)>,
    undone: BTreeSet<String>,
}

/// A box that dies again and again, while meals, voids, uploads and copies come in any order.
struct History {
    network: Network,
    town: Town,
    test_box: TestBox,
    chain: Chain,
    copies: Vec<(Copy, Chain)>,
    /// All that the city has acknowledged, in whichever epoch.
    known: Chain,
    minute: u64,
}

impl History {
    fn new(seed: u64) -> Self {
        let town = Town::new();
        let network = Network::before(town.running.address(), MISHAPS_PERCENT, seed);
        let mut test_box = town.enrol("lc-kfq-017");
        test_box.line(&town, &network.url());
        let copies = vec![(Copy::of(&test_box), Chain::default())];
        let (chain, known) = (Chain::default(), Chain::default());
        History { network, town, test_box, chain, copies, known, minute: 0 }
    }

    fn time(&self) -> String {
        format!("2026-03-02T{:02}:{:02}:00+08:00", 8 + self.minute / 60, self.minute % 60)
    }

    fn step(&mut self, random: &mut Rng) {
        self.minute += 1;
        let time = self.time();
        match random.u64(..12) {
            0..4 => {
                let elder = format!("p_{}", self.minute);
                let n = eat(&mut self.test_box, &time, &[&elder]);
                self.chain.meals.push((elder, n));
            }
            4 => self.undo(random, &time),
            5 | 6 => self.upload(),
            7 => {
                let TestBox { store, client, .. } = &mut self.test_box;
                wait(upload::seal_all(store, client.signer())).unwrap();
            }
            8 | 9 => self.copies.push((Copy::of(&self.test_box), self.chain.clone())),
            10 => self.judge(&time),
            _ => self.die(random, &time),
        }
    }

    fn undo(&mut self, random: &mut Rng, time: &str) {
        let open: Vec<_> = self
            .chain
            .meals
            .iter()
            .filter(|(elder, _)| !self.chain.undone.contains(elder))
            .collect();
        if let Some(place) = usize::try_from(random.u64(..)).unwrap().checked_rem(open.len()) {
            let (elder, n) = open[place].clone();
            void(&mut self.test_box, time, n);
            self.chain.undone.insert(elder);
        }
    }

    fn upload(&mut self) {
        self.test_box.upload().unwrap();
        self.known.meals.extend(self.chain.meals.iter().cloned());
        self.known.undone.extend(self.chain.undone.iter().cloned());
    }

    /// Verdicts are asked for on a line of their own, which does not break.
    fn judge(&mut self, time: &str) {
        self.test_box.turn_to(&self.town);
        judge(&mut self.test_box, time);
        self.test_box.line(&self.town, &self.network.url());
    }

    /// The disk dies; a box is made of any of the copies, and the old one tries once more.
    fn die(&mut self, random: &mut Rng, time: &str) {
        let place = usize::try_from(random.u64(..)).unwrap() % self.copies.len();
        let (copy, chain) = &self.copies[place];
        let mut restored = copy.restored(&self.town, &self.test_box);
        if random.u64(..2) == 0 {
            let elder = format!("p_{}", self.minute);
            let n = eat(&mut restored, time, &[&elder]);
            self.chain = chain.clone();
            self.chain.meals.push((elder, n));
        } else {
            self.chain = chain.clone();
        }
        restored.enrol_anew(&self.town, time);
        restored.line(&self.town, &self.network.url());
        let mut dead = std::mem::replace(&mut self.test_box, restored);
        eat(&mut dead, time, &["p_after_death"]);
        assert!(matches!(dead.upload().unwrap_err(), UploadError::Over(_)));
    }

    fn both_sides_agree(mut self) {
        self.minute += 1;
        self.upload();
        self.judge(&self.time());
        let elders = |chain: &Chain| -> BTreeSet<String> {
            chain.meals.iter().map(|(elder, _)| elder.clone()).collect()
        };
        let paid: BTreeSet<_> = &elders(&self.known) - &self.known.undone;
        let told = report(&self.town);
        assert_eq!(told.meals as usize, paid.len(), "each acknowledged meal counts once");
        assert_eq!(told.city_fen as usize, 200 * paid.len());
        let own = sums(&self.test_box);
        let mine = elders(&self.chain).intersection(&paid).count() as u64;
        assert_eq!(own.city_fen + own.district_fen - own.reduced_fen, 400 * mine);
        self.test_box.upload().unwrap();
        let expected = |what: &String| what == "epoch" || what == "replay";
        assert!(alarms(&self.town).iter().all(expected), "{:?}", alarms(&self.town));
        let last = self.test_box.store.last_entry().unwrap();
        assert_eq!(self.test_box.store.acknowledged().unwrap(), last);
    }
}

#[test]
fn both_sides_agree_however_often_a_box_is_restored_from_whichever_copy() {
    let fresh = std::collections::hash_map::RandomState::new().build_hasher().finish();
    for seed in [1, 2, 3, 4, fresh] {
        let ended = std::thread::spawn(move || {
            let (mut random, mut history) = (Rng::with_seed(seed), History::new(seed));
            (0..60).for_each(|_| history.step(&mut random));
            history.both_sides_agree();
        });
        assert!(ended.join().is_ok(), "history {seed} failed, see above");
    }
}
