//! The device's keys: which are in use, what the ledger says of them, and how one follows another.
//!
//! 1. The ledger names every key that is in use: device, city, box. It is brought up to date when a
//!    box is enrolled, and when its key changes.
//! 2. A rotation takes five steps, each of which can be repeated: a key is made; the city takes it,
//!    on the old key's word; an entry names it, and the old key signs the batch with that entry; the
//!    city acknowledges the batch; the key takes the old one's place. Until the last step requests
//!    are signed by the old key.
//! 3. The last step is made by whoever next opens a line to the city.

use super::bench::Bench;
use super::desk::DeskError;
use super::hold::Hold;
use crate::city::client::{Client, SendError};
use crate::city::identity::{self, IdentityError};
use crate::city::signer::Signer;
use crate::city::tls::{Tls, TlsError};
use crate::city::wire::text::DeviceId;
use crate::config::Config;
use crate::domain::entry::Event;
use crate::domain::entry::operation::{KeyChange, KeyPurpose};
use crate::error::{Exit, Sysexit};
use crate::store::LedgerError;
use std::path::Path;
use std::sync::Arc;

/// Why there is no line to the city, or no key.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// The device's key or the pinned city.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// Certificates.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The client cannot be set up.
    #[error(transparent)]
    Send(#[from] SendError),
    /// The ledger is busy, or the box stops.
    #[error(transparent)]
    Desk(#[from] DeskError),
    /// The ledger.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The device id cannot be used with a city.
    #[error("device \"{0}\": the city's interface takes 1 to 32 letters, digits and -")]
    Device(String),
}

impl KeysError {
    /// Whether the box simply knows no city yet.
    pub fn not_enrolled(&self) -> bool {
        matches!(self, Self::Identity(IdentityError::NotEnrolled(_)))
    }
}

impl KeysError {
    /// Whether another attempt, soon, may help.
    pub fn passing(&self) -> bool {
        matches!(self, Self::Desk(_))
    }
}

impl Sysexit for KeysError {
    fn exit(&self) -> Exit {
        match self {
            Self::Identity(e) => e.exit(),
            Self::Tls(e) => e.exit(),
            Self::Send(e) => e.exit(),
            Self::Desk(e) => e.exit(),
            Self::Ledger(e) => e.exit(),
            Self::Device(_) => Exit::Config,
        }
    }
}

/// What TLS rests on, as the configuration says.
///
/// # Errors
/// [`TlsError`].
pub fn tls(config: &Config) -> Result<Tls, TlsError> {
    let own = config.city.certificate.as_ref();
    Tls::read(config.city.roots.as_deref(), own.map(|(c, k)| (c.as_path(), k.as_path())))
}

/// The line to the city of an enrolled box.
///
/// # Errors
/// [`KeysError`]; [`KeysError::not_enrolled`] where there is no city.
pub async fn line<H: Hold>(config: &Config, hold: &mut H) -> Result<Client, KeysError> {
    // Whether there is a city at all comes first.
    identity::pinned(&config.state)?;
    let credentials = identity::credentials();
    let signer = signer(&config.state, credentials.as_deref(), hold).await?;
    client(config, signer)
}

/// The line to the city for these keys.
///
/// # Errors
/// [`KeysError`].
pub fn client(config: &Config, signer: Signer) -> Result<Client, KeysError> {
    let pinned = identity::pinned(&config.state)?;
    let device = &config.site.device;
    let device = DeviceId::new(device).map_err(|_| KeysError::Device(device.clone()))?;
    Ok(Client::over(pinned.url, device, signer, pinned.keys, tls(config)?)?)
}

/// The device's keys. A key whose entry the city has acknowledged takes the old one's place here.
///
/// # Errors
/// [`KeysError`].
pub async fn signer<H: Hold>(
    state: &Path,
    credentials: Option<&Path>,
    hold: &mut H,
) -> Result<Signer, KeysError> {
    let own = Arc::new(identity::device_key(state, credentials)?);
    let Some(next) = identity::next_key(state)? else { return Ok(Signer::new(own)) };
    let stands = hold.ask(|store| {
        let told = store.key_in_use(KeyPurpose::Device)?;
        Ok::<_, LedgerError>((told, store.acknowledged()?))
    });
    let (told, acknowledged) = stands.await??;
    match told {
        Some((entry, now)) if now == next.public().digest().0 => {
            if acknowledged < entry {
                return Ok(Signer::new(own).followed_by(entry, Arc::new(next)));
            }
            identity::promote_next(state)?;
            Ok(Signer::new(Arc::new(next)))
        }
        _ => Ok(Signer::new(own)),
    }
}

/// Brings what the ledger says of keys up to date: device, pinned city, box. Says how many entries
/// that took.
///
/// # Errors
/// [`KeysError`]; what was written stays.
pub fn record(
    bench: &mut Bench<'_>,
    state: &Path,
    credentials: Option<&Path>,
) -> Result<u32, KeysError> {
    let own = identity::device_key(state, credentials)?.public().digest().0;
    let next = identity::next_key(state)?.map(|key| key.public().digest().0);
    let city = identity::pinned(state)?.keys.newest().digest().0;
    let box_key = bench.store().box_key_fingerprint();
    let mut due = vec![(KeyPurpose::Box, box_key), (KeyPurpose::City, city)];
    let stands = bench.store().key_in_use(KeyPurpose::Device)?.map(|(_, now)| now);
    // The old key is named before the one that follows it, and not once more after that.
    match next {
        Some(next) if stands == Some(next) => {}
        Some(next) => due.extend([(KeyPurpose::Device, own), (KeyPurpose::Device, next)]),
        None => due.push((KeyPurpose::Device, own)),
    }
    let mut written = 0;
    for (purpose, now) in due {
        let before = bench.store().key_in_use(purpose)?.map(|(_, before)| before);
        if before != Some(now) {
            bench.append(&Event::Key(KeyChange { purpose, now, before }))?;
            written += 1;
        }
    }
    Ok(written)
}
