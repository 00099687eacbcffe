//! The configuration is read again while elders are being served.
//!
//! 1. All or nothing: where a changed value can only be taken up by a restart, nothing changes and
//!    the sections are named. So the box never runs with half of a file.
//! 2. Taken up at once: the rule book, `[visit]`, `[quality]`, and of `[recognition]` what is not
//!    part of the thresholds that were taken from the gallery.
//! 3. A file that is refused changes nothing either; the box serves on as before.
//! 4. The ledger says which configuration and rules are in force from then on.

use super::desk::{At, Desk};
use super::swap::Handover;
use crate::config::{Config, rules};
use crate::domain::entry::operation::ConfigChange;
use crate::domain::entry::{Event, Stamp};
use crate::domain::visit::Limits;
use crate::error::{Exit, Failure};
use crate::record::Hash;
use crate::store::Store;
use crate::vision::QualityLimits;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use tokio::signal::unix::Signal;
use tracing::{info, warn};

/// What vision takes up between two frames.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sight {
    /// Times and thresholds of a visit.
    pub visit: Limits,
    /// What a good picture is.
    pub quality: QualityLimits,
}

/// The configuration that is in force, and where it stands.
#[derive(Clone)]
pub struct Reload {
    path: PathBuf,
    running: Arc<Mutex<Config>>,
    desk: Desk,
    waiting: Handover,
}

impl Reload {
    /// For a box that runs with `running`, read from the file at `path`.
    pub fn new(path: &Path, running: Config, desk: Desk, waiting: Handover) -> Self {
        Reload { path: path.to_owned(), running: Arc::new(Mutex::new(running)), desk, waiting }
    }

    /// Takes up the file as it is now.
    ///
    /// # Errors
    /// What is wrong with the file, or which sections need a restart; nothing has changed then.
    pub async fn take_up(&self) -> Result<(), Failure> {
        let read = Config::load(&self.path)?;
        let book = rules::load(&read.rules)?;
        let restart = needs_restart(&self.running.lock().expect("no holder panics"), &read);
        if !restart.is_empty() {
            let text = format!(
                "{}: {} changed, which only a restart takes up; nothing was changed. Restart \
                 outside meal hours: systemctl restart canteend",
                self.path.display(),
                restart.join(", ")
            );
            return Err(Failure::new(Exit::Config, text));
        }
        let config = read.clone();
        let write = move |at: &mut At<'_>| {
            let stamp = at.stamp()?;
            record(&config, at.store(), stamp)?;
            at.writer().replace_rules(book);
            Ok::<_, Failure>(())
        };
        self.desk.ask(write).await??;
        self.waiting.adjust(Sight { visit: read.visit, quality: read.quality });
        *self.running.lock().expect("no holder panics") = read;
        info!("configuration taken up");
        Ok(())
    }

    /// Takes up the file at each signal; what keeps it from that is in the log.
    pub(super) async fn on(self, mut hang_up: Signal) {
        while hang_up.recv().await.is_some() {
            if let Err(problem) = self.take_up().await {
                warn!(%problem, "the configuration stays as it was");
            }
        }
    }
}

/// Says in the ledger that configuration or rules are other ones than before.
pub(super) fn record(config: &Config, store: &mut Store, stamp: Stamp) -> Result<(), Failure> {
    let rules = std::fs::read(&config.rules).map_err(|e| Failure::new(Exit::Config, e))?;
    let now = ConfigChange { config: config.digest.0, rules: Hash::of(&[&rules]).0 };
    if store.config()? != Some(now) {
        store.append(stamp, &Event::Config(now))?;
    }
    Ok(())
}

/// The sections that differ and cannot be taken up while the box runs.
fn needs_restart(running: &Config, read: &Config) -> Vec<&'static str> {
    // Every field is named, so that a new one cannot be forgotten here.
    let Config {
        digest: _,
        site,
        state,
        models,
        rules: _,
        camera,
        hours,
        strangers,
        visit,
        quality: _,
        city,
        kiosk,
    } = running;
    let differs = [
        ("[site]", *site != read.site),
        ("[paths] state", *state != read.state),
        ("[paths] models", *models != read.models),
        ("[camera]", *camera != read.camera),
        ("[meals]", *hours != read.hours),
        ("[recognition] strangers", *strangers != read.strangers),
        ("[recognition] accept", visit.thresholds.accept != read.visit.thresholds.accept),
        ("[city]", *city != read.city),
        ("[kiosk]", *kiosk != read.kiosk),
    ];
    differs.into_iter().filter(|(_, differs)| *differs).map(|(section, _)| section).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::EXAMPLE;

    #[test]
    fn a_section_that_needs_a_restart_is_named_and_the_others_are_not() {
        let path = Path::new("/etc/canteend/canteend.toml");
        let running = Config::parse(EXAMPLE, path).unwrap();
        let cases = [
            ("", vec![]),
            ("\n[visit]\ndwell_ms = 1500\n", vec![]),
            ("\n[quality]\nyaw = 0.5\n", vec![]),
            ("\n[recognition]\nmargin = 0.2\n", vec![]),
            ("\n[recognition]\naccept = 0.7\n", vec!["[recognition] accept"]),
            ("\n[recognition]\nstrangers = 0.01\n", vec!["[recognition] strangers"]),
            ("\n[meals]\nlunch = [\"11:00\", \"13:00\"]\n", vec!["[meals]"]),
        ];
        for (change, named) in cases {
            let header = change.lines().find(|line| line.starts_with('['));
            let text = match header {
                Some(header) => EXAMPLE.replace(&format!("\n{header}\n"), change),
                None => EXAMPLE.to_owned(),
            };
            assert_eq!(text == EXAMPLE, change.is_empty(), "{change}");
            let read = Config::parse(&text, path).unwrap();
            assert_eq!(needs_restart(&running, &read), named, "{change}");
        }
        let other = EXAMPLE.replace("东城街道幸福食堂", "西城街道幸福食堂");
        assert_eq!(needs_restart(&running, &Config::parse(&other, path).unwrap()), ["[site]"]);
    }
}
