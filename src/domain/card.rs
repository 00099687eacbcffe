//! Cards that nobody holds: so many may be read in a while, and then none.
//!
//! Elders hold out a bus card now and then. Whoever tries numbers needs hundreds of thousands of
//! them, and at this rate months; staff serve by hand meanwhile.

use std::collections::VecDeque;
use std::time::Duration;

/// Most unknown cards within [`UNKNOWN_CARDS_SPAN`].
pub const UNKNOWN_CARDS_MAX: usize = 10;
/// The time in which they are counted, and after which they are forgotten.
pub const UNKNOWN_CARDS_SPAN: Duration = Duration::from_secs(10 * 60);

/// When unknown cards were read, by a clock that never jumps; oldest first.
#[derive(Debug, Default)]
pub struct UnknownCards(VecDeque<Duration>);

impl UnknownCards {
    /// Whether a card is looked at, at `now`: a known one is held back too, so that what is held
    /// back tells nobody's number.
    ///
    /// # Errors
    /// For how long no card is looked at.
    pub fn admit(&mut self, now: Duration) -> Result<(), Duration> {
        let over = |read: &Duration| now.saturating_sub(*read) >= UNKNOWN_CARDS_SPAN;
        while self.0.front().is_some_and(over) {
            self.0.pop_front();
        }
        match self.0.front() {
            Some(first) if self.0.len() >= UNKNOWN_CARDS_MAX => {
                Err((*first + UNKNOWN_CARDS_SPAN).saturating_sub(now))
            }
            _ => Ok(()),
        }
    }

    /// A card was read at `now` that nobody holds.
    pub fn note(&mut self, now: Duration) {
        self.0.push_back(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_so_many_unknown_cards_none_is_looked_at_until_the_first_is_forgotten() {
        let mut cards = UnknownCards::default();
        let s = Duration::from_secs;
        for n in 0..UNKNOWN_CARDS_MAX as u64 {
            assert_eq!(cards.admit(s(n)), Ok(()));
            cards.note(s(n));
        }
        assert_eq!(cards.admit(s(100)), Err(s(500)));
        assert_eq!(cards.admit(s(599)), Err(s(1)));
        assert_eq!(cards.admit(s(600)), Ok(()));
        cards.note(s(600));
        assert_eq!(cards.admit(s(600)), Err(s(1)), "the second is forgotten a second later");
    }

    #[test]
    fn a_bus_card_now_and_then_holds_nobody_up() {
        let mut cards = UnknownCards::default();
        for minute in (0..600).step_by(2) {
            let now = Duration::from_secs(minute * 60);
            assert_eq!(cards.admit(now), Ok(()), "{minute}");
            cards.note(now);
        }
    }
}
