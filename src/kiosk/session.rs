//! Who sits before the page: one session for each browser.
//!
//! 1. A session is named by a random cookie that scripts cannot read, and guarded by a second random
//!    token that a page of another origin cannot know. Both change when somebody signs in.
//! 2. There are at most [`SESSIONS_MAX`]; the one that was least recently used makes room, one that
//!    is signed in last.
//! 3. An operator is signed in on one page at a time.
//! 4. Idle is who does nothing by hand: what a page reads by itself renews nothing.
//!
//! Times are those of a clock that never jumps, as whoever calls reads it.

use super::canteen::Trusted;
use super::state::{Answer, Language};
use crate::domain::operator::OperatorId;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use tokio::sync::watch;

/// Most sessions; a canteen has one screen.
pub const SESSIONS_MAX: usize = 128;
/// Most answers that a session remembers for taps that come twice.
const ANSWERS_MAX: usize = 32;

/// A random name as 32 hexadecimal digits.
pub fn token(random: [u8; 16]) -> String {
    format!("{:032x}", u128::from_be_bytes(random))
}

struct Inner {
    cookie: String,
    csrf: String,
    language: Language,
    operator: Option<Trusted>,
    touched: Duration,
    answers: VecDeque<(String, u16, Answer)>,
}

/// One browser's session.
pub struct Session {
    inner: Mutex<Inner>,
    /// Taps of one session are carried out one after the other.
    pub(super) acting: tokio::sync::Mutex<()>,
}

impl Session {
    fn new(cookie: String, csrf: String) -> Self {
        Session {
            inner: Mutex::new(Inner {
                cookie,
                csrf,
                language: Language::default(),
                operator: None,
                touched: Duration::ZERO,
                answers: VecDeque::new(),
            }),
            acting: tokio::sync::Mutex::default(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().expect("no holder panics")
    }

    /// The value of its cookie.
    pub fn cookie(&self) -> String {
        self.lock().cookie.clone()
    }

    /// The token that its actions carry.
    pub fn csrf(&self) -> String {
        self.lock().csrf.clone()
    }

    /// The language of its page.
    pub fn language(&self) -> Language {
        self.lock().language
    }

    /// Who is signed in.
    pub fn operator(&self) -> Option<Trusted> {
        self.lock().operator.clone()
    }

    /// Somebody does something here by hand at `now`, which begins the idle time anew.
    pub fn touch(&self, now: Duration) {
        self.lock().touched = now;
    }

    /// Makes the page speak `language`.
    pub fn speak(&self, language: Language) {
        self.lock().language = language;
    }

    /// What a tap with this key was answered before.
    pub fn answered(&self, key: &str) -> Option<(u16, Answer)> {
        let inner = self.lock();
        let found = inner.answers.iter().find(|(known, ..)| known == key);
        found.map(|(_, status, answer)| (*status, answer.clone()))
    }

    /// Remembers an answer.
    pub fn remember(&self, key: String, status: u16, answer: Answer) {
        let mut inner = self.lock();
        if inner.answers.len() == ANSWERS_MAX {
            inner.answers.pop_front();
        }
        inner.answers.push_back((key, status, answer));
    }

    /// Signs nobody in; who was, where it was somebody.
    pub fn leave(&self) -> Option<OperatorId> {
        self.lock().operator.take().map(|o| o.id)
    }
}

/// All sessions.
pub struct Sessions {
    all: Mutex<VecDeque<Arc<Session>>>,
    changed: watch::Sender<u64>,
}

impl Default for Sessions {
    fn default() -> Self {
        Sessions { all: Mutex::default(), changed: watch::Sender::new(0) }
    }
}

impl Sessions {
    /// A number that rises whenever a session changes.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }

    /// Says that a session has changed.
    pub fn tell(&self) {
        self.changed.send_modify(|times| *times += 1);
    }

    /// The session of a cookie.
    pub fn find(&self, cookie: &str) -> Option<Arc<Session>> {
        let mut all = self.lock();
        let place = all.iter().position(|session| session.lock().cookie == cookie)?;
        // The least recently used stands in front.
        let session = all.remove(place)?;
        all.push_back(session.clone());
        Some(session)
    }

    /// Whether `session` has not had to make room.
    pub fn holds(&self, session: &Arc<Session>) -> bool {
        self.lock().iter().any(|known| Arc::ptr_eq(known, session))
    }

    /// Those on which somebody is signed in.
    pub fn signed_in(&self) -> Vec<Arc<Session>> {
        self.lock().iter().filter(|session| session.lock().operator.is_some()).cloned().collect()
    }

    /// A new session; who was signed in on one that had to make room is said.
    pub fn begin(&self, cookie: String, csrf: String) -> (Arc<Session>, Option<OperatorId>) {
        let session = Arc::new(Session::new(cookie, csrf));
        let mut all = self.lock();
        let mut gone = None;
        if all.len() == SESSIONS_MAX {
            let idle = all.iter().position(|s| s.lock().operator.is_none()).unwrap_or(0);
            gone = all.remove(idle).and_then(|session| session.leave());
            self.tell();
        }
        all.push_back(session.clone());
        (session, gone)
    }

    /// Signs `operator` in on `session` at `now`, under new names; elsewhere they are signed out. Who
    /// was signed in here before is the answer.
    pub fn enter(
        &self,
        session: &Session,
        operator: Trusted,
        cookie: String,
        csrf: String,
        now: Duration,
    ) -> Option<OperatorId> {
        for other in self.lock().iter() {
            let mut other = other.lock();
            if other.operator.as_ref().is_some_and(|o| o.id == operator.id) {
                other.operator = None;
            }
        }
        let mut inner = session.lock();
        (inner.cookie, inner.csrf, inner.touched) = (cookie, csrf, now);
        let before = inner.operator.replace(operator).map(|o| o.id);
        drop(inner);
        self.tell();
        before
    }

    /// Signs out who at `now` has not touched the page for `idle`; they are the answer.
    pub fn expire(&self, idle: Duration, now: Duration) -> Vec<OperatorId> {
        let late = |session: &Arc<Session>| {
            let mut inner = session.lock();
            let late = now.saturating_sub(inner.touched) >= idle;
            if late { inner.operator.take().map(|o| o.id) } else { None }
        };
        self.lock().iter().filter_map(late).collect()
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Arc<Session>>> {
        self.all.lock().expect("no holder panics")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Duration = Duration::from_secs(100);
    const SECOND: Duration = Duration::from_secs(1);
    const IDLE: Duration = Duration::from_secs(60);

    fn trusted(id: &str) -> Trusted {
        Trusted { id: OperatorId::new(id).unwrap(), name: "小李".to_owned() }
    }

    #[test]
    fn signing_in_changes_the_names_of_the_session_and_ends_it_elsewhere() {
        let sessions = Sessions::default();
        let (one, _) = sessions.begin("a".into(), "b".into());
        let (two, _) = sessions.begin("c".into(), "d".into());
        assert_eq!(one.operator(), None);
        assert_eq!(sessions.enter(&one, trusted("op-1"), "e".into(), "f".into(), NOW), None);
        assert!(sessions.find("a").is_none(), "the old name is worth nothing");
        assert_eq!(sessions.find("e").unwrap().operator(), Some(trusted("op-1")));
        assert_eq!((one.csrf(), two.csrf()), ("f".to_owned(), "d".to_owned()));
        sessions.enter(&two, trusted("op-1"), "g".into(), "h".into(), NOW);
        assert_eq!(one.operator(), None);
        assert_eq!(two.operator(), Some(trusted("op-1")));
    }

    #[test]
    fn the_least_recently_used_makes_room_and_who_is_signed_in_last() {
        let sessions = Sessions::default();
        let names = |n: usize| (format!("cookie {n}"), format!("csrf {n}"));
        let (first, _) = sessions.begin(names(0).0, names(0).1);
        sessions.enter(&first, trusted("op-1"), "staff".into(), "x".into(), NOW);
        for n in 1..=SESSIONS_MAX {
            let (_, gone) = sessions.begin(names(n).0, names(n).1);
            assert_eq!(gone, None);
        }
        assert!(sessions.find("staff").is_some());
        assert!(sessions.find("cookie 1").is_none());
        assert!(sessions.find("cookie 2").is_some());
    }

    #[test]
    fn whoever_does_not_touch_the_page_is_signed_out() {
        let sessions = Sessions::default();
        let (session, _) = sessions.begin("a".into(), "b".into());
        sessions.enter(&session, trusted("op-1"), "c".into(), "d".into(), NOW);
        assert_eq!(sessions.expire(IDLE, NOW + IDLE - SECOND), []);
        session.touch(NOW + SECOND);
        assert_eq!(sessions.expire(IDLE, NOW + IDLE), [], "they did something");
        assert_eq!(sessions.expire(IDLE, NOW + SECOND + IDLE), [trusted("op-1").id]);
        assert_eq!(session.operator(), None);
        assert_eq!(sessions.expire(IDLE, NOW * 9), [], "once");
    }

    #[test]
    fn so_many_answers_are_remembered_and_no_more() {
        let (session, _) = Sessions::default().begin("a".into(), "b".into());
        let answer = |n: usize| Answer {
            ok: true,
            code: n.to_string(),
            text: String::new(),
            entry: None,
            day_code: None,
            retry_s: None,
        };
        for n in 0..=ANSWERS_MAX {
            session.remember(n.to_string(), 200, answer(n));
        }
        assert_eq!(session.answered("0"), None);
        assert_eq!(session.answered("1"), Some((200, answer(1))));
    }
}
