//! The best few elders seen so far.

use super::Candidate;

/// Up to `count` different elders, best first; of equal scores the one offered first.
pub(super) struct Top {
    list: Vec<Candidate>,
    count: usize,
}

impl Top {
    /// Room for `count` elders.
    pub(super) fn new(count: usize) -> Self {
        Top { list: Vec::new(), count }
    }

    /// A score that is not above this one changes nothing.
    pub(super) fn floor(&self) -> f32 {
        match (self.count, self.list.last()) {
            (0, _) => f32::INFINITY,
            (count, Some(last)) if self.list.len() == count => last.score,
            _ => f32::NEG_INFINITY,
        }
    }

    /// Takes a score of an elder.
    pub(super) fn offer(&mut self, here: Candidate) {
        if here.score <= self.floor() {
            return;
        }
        if let Some(at) = self.list.iter().position(|c| c.elder == here.elder) {
            if here.score <= self.list[at].score {
                return;
            }
            self.list.remove(at);
        }
        let at = self.list.partition_point(|c| c.score >= here.score);
        self.list.insert(at, here);
        self.list.truncate(self.count);
    }

    /// The elders, best first.
    pub(super) fn into_list(self) -> Vec<Candidate> {
        self.list
    }
}
