//! The city that the box is enrolled with: its address and its keys, in one file.

use super::{FILE_BYTES_MAX, IdentityError, read, write};
use crate::city::client::CityUrl;
use crate::city::trust::{CityKeys, FormerKey};
use crate::city::wire::json;
use crate::city::wire::suite::PublicKey;
use crate::domain::entry::EntryNumber;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// The city's address and key, in the state folder.
pub const CITY_FILE: &str = "city.json";

/// The city that the box is enrolled with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pinned {
    /// Where it is.
    pub url: CityUrl,
    /// The keys that it signs with, and signed with before.
    pub keys: CityKeys,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PinnedFile {
    url: String,
    key: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    former: Vec<FormerFile>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct FormerFile {
    key: String,
    until: EntryNumber,
}

/// The pinned city.
///
/// # Errors
/// [`IdentityError::NotEnrolled`] where there is none, [`IdentityError::City`].
pub fn pinned(state: &Path) -> Result<Pinned, IdentityError> {
    let path = state.join(CITY_FILE);
    let text = read(&path, false)?;
    let bad = |problem: String| IdentityError::City { path: path.clone(), problem };
    let written: PinnedFile =
        json::read(&text, FILE_BYTES_MAX as usize).map_err(|e| bad(e.to_string()))?;
    let key = |text: &str| PublicKey::parse(text).map_err(|e| bad(e.to_string()));
    let former =
        |FormerFile { key: text, until }: FormerFile| Ok(FormerKey { key: key(&text)?, until });
    let former = written.former.into_iter().map(former).collect::<Result<_, IdentityError>>()?;
    let keys = CityKeys::new(key(&written.key)?, former);
    Ok(Pinned {
        url: CityUrl::parse(&written.url).map_err(|e| bad(e.to_string()))?,
        keys: keys.ok_or_else(|| bad("its keys are no succession".to_owned()))?,
    })
}

/// Pins the city at `url`, which signs with `key`. The same city at another address is taken, and
/// its former keys are kept; another city is not.
///
/// # Errors
/// [`IdentityError::OtherCity`], [`IdentityError::File`].
pub fn pin(state: &Path, url: CityUrl, key: PublicKey) -> Result<(), IdentityError> {
    let keys = match pinned(state) {
        Ok(Pinned { keys, .. }) if *keys.newest() == key => keys,
        Ok(Pinned { keys, .. }) => return Err(other_city(state, &keys)),
        Err(IdentityError::NotEnrolled(_)) => key.into(),
        Err(other) => return Err(other),
    };
    keep(state, &Pinned { url, keys })
}

/// Refuses a pinned city that cannot be read, or that is not `meant`, before anything is asked of a
/// city. None is pinned yet: fine.
///
/// # Errors
/// [`IdentityError::City`], [`IdentityError::OtherCity`], [`IdentityError::File`].
pub fn may_pin(state: &Path, meant: impl Fn(&PublicKey) -> bool) -> Result<(), IdentityError> {
    match pinned(state) {
        Ok(Pinned { keys, .. }) if !meant(keys.newest()) => Err(other_city(state, &keys)),
        Ok(_) | Err(IdentityError::NotEnrolled(_)) => Ok(()),
        Err(other) => Err(other),
    }
}

fn other_city(state: &Path, keys: &CityKeys) -> IdentityError {
    let path = state.join(CITY_FILE);
    IdentityError::OtherCity { path, known: keys.newest().fingerprint() }
}

/// The city's own succession has led to other keys. Whoever calls has verified it.
///
/// # Errors
/// As [`pinned`]; [`IdentityError::File`].
pub fn repin(state: &Path, keys: CityKeys) -> Result<(), IdentityError> {
    keep(state, &Pinned { keys, ..pinned(state)? })
}

fn keep(state: &Path, Pinned { url, keys }: &Pinned) -> Result<(), IdentityError> {
    let former =
        |former: &FormerKey| FormerFile { key: former.key.to_string(), until: former.until };
    let written = PinnedFile {
        url: url.to_string(),
        key: keys.newest().to_string(),
        former: keys.former().iter().map(former).collect(),
    };
    let text = serde_json::to_vec(&written).expect("plain fields always become JSON");
    write(&state.join(CITY_FILE), &text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::city::trust::FORMER_KEYS_MAX;
    use crate::city::wire::suite::SigningKey;

    fn key(seed: u8) -> PublicKey {
        SigningKey::from_seed(&[seed; 32]).unwrap().public().clone()
    }

    fn url(text: &str) -> CityUrl {
        CityUrl::parse(text).unwrap()
    }

    #[test]
    fn a_pinned_city_may_move_but_not_become_another() {
        let dir = tempfile::tempdir().unwrap();
        assert!(matches!(pinned(dir.path()), Err(IdentityError::NotEnrolled(_))));
        pin(dir.path(), url("https://city.example"), key(1)).unwrap();
        pin(dir.path(), url("https://new.city.example:8443"), key(1)).unwrap();
        let told = pin(dir.path(), url("https://city.example"), key(2)).unwrap_err();
        assert!(matches!(told, IdentityError::OtherCity { .. }), "{told}");
        let found = pinned(dir.path()).unwrap();
        assert_eq!(found.url, url("https://new.city.example:8443"));
        assert_eq!(found.keys, key(1).into());
    }

    #[test]
    fn former_keys_of_the_city_outlive_a_move() {
        let dir = tempfile::tempdir().unwrap();
        pin(dir.path(), url("https://city.example"), key(1)).unwrap();
        let mut keys = CityKeys::from(key(1));
        for n in 2..=2 + FORMER_KEYS_MAX as u8 {
            keys = keys.followed_by(u64::from(n) << 40, key(n));
            repin(dir.path(), keys.clone()).unwrap();
        }
        pin(dir.path(), url("https://new.city.example"), keys.newest().clone()).unwrap();
        assert_eq!(pinned(dir.path()).unwrap().keys, keys);
    }
}
