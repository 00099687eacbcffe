//! The configuration, the keys, and who may read and write what.

use super::{Check, Finding};
use crate::city::identity::{DEVICE_KEY_FILE, SEALED_MARK};
use crate::config::{Config, rules};
use crate::files;
use crate::store::{KEY_FILE, LEDGER_FILE, Reader};
use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;

/// Most files that are named.
const NAMED_MAX: usize = 5;

/// The configuration and its rule book, where both can be read.
///
/// # Errors
/// The finding that says why not.
pub(super) fn configuration(path: &Path) -> Result<(Config, Finding), Finding> {
    let config = Config::load(path).map_err(|e| Check::Configuration.failed(e))?;
    let found = match rules::load(&config.rules) {
        Ok(_) => {
            let kind = if config.site.test_box { ", a test box" } else { "" };
            Check::Configuration.ok(format!("{}: for {}{kind}", path.display(), config.site.device))
        }
        Err(problem) => Check::Configuration.failed(problem),
    };
    Ok((config, found))
}

/// The box key, by which names and templates are sealed, and the device key, by which batches are
/// signed.
pub(super) fn keys(state: &Path) -> Finding {
    let ledger = state.join(LEDGER_FILE).exists();
    let box_key = state.join(KEY_FILE).exists();
    let device_key = state.join(DEVICE_KEY_FILE).exists();
    let sealed = state.join(SEALED_MARK).exists();
    match (ledger, box_key, device_key, sealed) {
        (true, false, ..) => Check::Keys.fault(
            format!("{} is missing: names and faces cannot be opened", KEY_FILE),
            "put the key back, or restore the box and enrol anew: docs/recovery.md",
        ),
        (false, ..) => Check::Keys.warning(
            "no ledger and no keys yet",
            "the service makes them at its first start: systemctl start canteend",
        ),
        (true, true, true, _) => enrolled(state, "box key and device key in the state folder"),
        (true, true, false, true) => {
            enrolled(state, "box key in the state folder, device key sealed for the service")
        }
        (true, true, false, false) => Check::Keys.warning(
            "box key in the state folder; no device key, so nothing can be signed",
            "canteend provision --city URL --code CODE",
        ),
    }
}

/// Whether a box that has its keys was enrolled since its ledger was made from a copy, and in which
/// epoch it is.
fn enrolled(state: &Path, keys: &str) -> Finding {
    // A ledger that cannot be read is a finding of others.
    let stands = Reader::open(state).ok().and_then(|reader| reader.enrolment().ok());
    match stands {
        Some((_, Some(copied))) => Check::Keys.fault(
            format!("{keys}; restored from a copy up to entry {copied} and not enrolled since"),
            "ask the city for a new code, then: canteend provision --city URL --code CODE",
        ),
        Some((epoch, None)) if epoch > 1 => Check::Keys.ok(format!("{keys}; epoch {epoch}")),
        _ => Check::Keys.ok(keys),
    }
}

/// Whether the state folder and all in it are their owner's alone.
pub(super) fn permissions(config: &Config) -> Finding {
    let state = &config.state;
    let found = match fs::metadata(state) {
        Ok(found) => found,
        Err(problem) => {
            let text = format!("{}: {problem}; start the service once", state.display());
            return Check::Permissions.failed(text);
        }
    };
    let mut wrong = Vec::new();
    let mut see = |path: &Path, owner: u32, mode: u32| {
        if owner != found.uid() || mode & files::OTHERS != 0 {
            let name = path.file_name().unwrap_or(path.as_os_str());
            wrong.push(format!("{} ({:03o}, user {owner})", name.display(), mode & 0o777));
        }
    };
    see(state, found.uid(), found.permissions().mode());
    let entries = match fs::read_dir(state) {
        Ok(entries) => entries,
        Err(problem) => {
            let text = format!(
                "{}: {problem}; run this as the service's user: sudo -u canteend canteend doctor",
                state.display()
            );
            return Check::Permissions.failed(text);
        }
    };
    for entry in entries.flatten() {
        // A file that went away meanwhile is nobody's.
        let Ok(found) = entry.metadata() else { continue };
        see(&entry.path(), found.uid(), found.permissions().mode());
    }
    if wrong.is_empty() {
        return Check::Permissions.ok(format!("{} is its owner's alone", state.display()));
    }
    let all = wrong.len();
    wrong.truncate(NAMED_MAX);
    Check::Permissions.fault(
        format!("{all} of {}: {}", state.display(), wrong.join(", ")),
        format!("chown -R canteend: {0}; chmod -R go= {0}", state.display()),
    )
}

#[cfg(test)]
mod tests {
    use super::super::Verdict;
    use super::*;

    fn config(state: &Path) -> Config {
        let text = crate::config::EXAMPLE.replace("#state = \"/var/lib/canteend\"", "");
        let text = text.replace("[paths]", &format!("[paths]\nstate = \"{}\"", state.display()));
        Config::parse(&text, Path::new("canteend.toml")).unwrap()
    }

    fn mode(path: &Path, mode: u32) {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn a_file_that_others_may_read_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let config = config(dir.path());
        mode(dir.path(), 0o700);
        fs::write(dir.path().join("box.key"), "k").unwrap();
        mode(&dir.path().join("box.key"), 0o600);
        assert_eq!(permissions(&config).verdict, Verdict::Ok);
        mode(&dir.path().join("box.key"), 0o644);
        let found = permissions(&config);
        assert!(
            found.verdict == Verdict::Fault && found.seen.contains("box.key (644"),
            "{found:?}"
        );
        mode(dir.path(), 0o755);
        assert!(permissions(&config).seen.starts_with("2 of "));
    }

    #[test]
    fn a_ledger_without_its_box_key_is_a_fault() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(keys(dir.path()).verdict, Verdict::Warning);
        fs::write(dir.path().join(LEDGER_FILE), "").unwrap();
        assert_eq!(keys(dir.path()).verdict, Verdict::Fault);
        fs::write(dir.path().join(KEY_FILE), "").unwrap();
        assert_eq!(keys(dir.path()).verdict, Verdict::Warning);
        fs::write(dir.path().join(SEALED_MARK), "").unwrap();
        let found = keys(dir.path());
        assert!(found.verdict == Verdict::Ok && found.seen.contains("sealed"), "{found:?}");
        fs::write(dir.path().join(DEVICE_KEY_FILE), "").unwrap();
        let found = keys(dir.path());
        assert!(found.verdict == Verdict::Ok && !found.seen.contains("sealed"), "{found:?}");
    }

    #[test]
    fn a_restored_box_that_was_not_enrolled_anew_is_a_fault() {
        use crate::domain::entry::operation::{KeyChange, KeyPurpose};
        use crate::domain::entry::{ClockTrust, Event, Stamp};
        use crate::store::{Names, Store};
        let dir = tempfile::tempdir().unwrap();
        let (own, copy) = (dir.path().join("own"), dir.path().join("copy.db"));
        let stamp =
            Stamp { at: "2026-03-02T12:00:00+08:00".parse().unwrap(), clock: ClockTrust::Trusted };
        let mut store = Store::init(&own, "lc-kfq-017", stamp).unwrap();
        // One that no city has ever enrolled has nothing to make good.
        let named = KeyChange { purpose: KeyPurpose::City, now: [1; 32], before: None };
        store.append(stamp, &Event::Key(named)).unwrap();
        drop(store);
        Reader::open(&own).unwrap().back_up(&copy).unwrap();
        fs::write(own.join(DEVICE_KEY_FILE), "").unwrap();
        assert_eq!(keys(&own).verdict, Verdict::Ok);
        fs::remove_file(own.join(LEDGER_FILE)).unwrap();
        let mut store = Store::restore(&own, &copy, Names::Kept).unwrap();
        let found = keys(&own);
        assert_eq!(found.verdict, Verdict::Fault);
        assert!(found.seen.contains("up to entry 2"), "{found:?}");
        store.begin_epoch(stamp, 2, None).unwrap();
        let found = keys(&own);
        assert_eq!((found.verdict, found.seen.ends_with("epoch 2")), (Verdict::Ok, true));
    }

    #[test]
    fn a_wrong_configuration_is_a_fault_with_its_remedy() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("canteend.toml");
        let found = configuration(&path).unwrap_err();
        assert!(found.remedy.unwrap().contains("--config"));
        fs::write(&path, "nonsense = 1").unwrap();
        assert!(configuration(&path).unwrap_err().seen.contains("nonsense"));
    }
}
