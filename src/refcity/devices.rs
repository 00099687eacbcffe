//! Who may talk to the city: enrolment codes, devices, their requests.

use super::batches::signed;
use super::db::CityError;
use super::http::Refused;
use super::{City, alarm, epochs, keys};
use crate::city::wire::code::EnrolmentCode;
use crate::city::wire::enrol::{EnrolRequest, Enrolment, RefusalCode, SMALL_BYTES_MAX};
use crate::city::wire::json;
use crate::city::wire::signature::Claim;
use crate::city::wire::suite::PublicKey;
use crate::city::wire::text::{self, DeviceId};
use rusqlite::OptionalExtension as _;

/// By how much a request's time may differ from the city's, in seconds.
const SKEW_S_MAX: i64 = 300;
/// How long a nonce is remembered, in seconds: whoever recorded a request may wait with it.
const NONCE_KEPT_S: i64 = 90 * 86_400;

impl City {
    /// Makes a code under which `device` may enrol once; an older one of the device is void.
    ///
    /// # Errors
    /// [`CityError`].
    pub fn make_code(&self, device: &DeviceId) -> Result<EnrolmentCode, CityError> {
        let code = EnrolmentCode::generate(&self.public_key())?;
        self.memory().conn.execute(
            "INSERT INTO code (device, code) VALUES (?1, ?2)
             ON CONFLICT (device) DO UPDATE SET code = ?2",
            (device.as_str(), code.as_str()),
        )?;
        Ok(code)
    }

    /// Enrols `device`. Each new code begins an epoch, whether or not the key is another one. The
    /// same key without a new code gets the same answer again, so that an answer that was lost can
    /// be asked for once more; but not by a former key of the city.
    pub(super) fn enrol(&self, device: &DeviceId, body: &[u8]) -> Result<(bool, Vec<u8>), Refused> {
        let asked: EnrolRequest = json::read(body, SMALL_BYTES_MAX).map_err(Refused::content)?;
        let key = PublicKey::parse(&asked.key).map_err(Refused::content)?;
        let proof = text::from_base64(&asked.proof).ok_or(RefusalCode::Content)?;
        let mut memory = self.memory();
        let city = memory.key.clone();
        let tx = memory.conn.transaction()?;
        let code: Option<String> = tx
            .query_row("SELECT code FROM code WHERE device = ?1", [device.as_str()], |row| {
                row.get(0)
            })
            .optional()?;
        let code = code.and_then(|code| EnrolmentCode::parse(&code).ok());
        if !code.is_some_and(|code| code.proves(device, &key, &proof)) {
            let known: Option<Vec<u8>> = tx
                .query_row(
                    "SELECT enrolment FROM device WHERE id = ?1 AND key = ?2",
                    (device.as_str(), key.to_string()),
                    |row| row.get(0),
                )
                .optional()?;
            let known = known
                .filter(|answer| Enrolment::confirms(answer, city.public(), device, &key).is_ok());
            return known.map(|answer| (false, answer)).ok_or(RefusalCode::Code.into());
        }
        let enrolled_at = self.clock.now();
        let epoch = epochs::current(&tx, device)?.unwrap_or(0) + 1;
        let enrolment = Enrolment {
            device: device.clone(),
            key: key.to_string(),
            city_key: city.public().to_string(),
            epoch,
            held: epochs::held(&tx, device)?,
            enrolled_at,
        };
        let answer = enrolment.seal(&city);
        let at = text::time_to_text(enrolled_at);
        epochs::begin(&tx, device, epoch, (&key.id(), &at))?;
        tx.execute(
            "INSERT INTO device (id, epoch, key, key_id, enrolled_at, enrolment)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)
             ON CONFLICT (id) DO UPDATE SET epoch = ?2, key = ?3, key_id = ?4, enrolled_at = ?5,
                enrolment = ?6",
            (device.as_str(), signed(epoch)?, key.to_string(), key.id(), at, &answer),
        )?;
        tx.execute("DELETE FROM code WHERE device = ?1", [device.as_str()])?;
        tx.commit()?;
        Ok((true, answer))
    }

    /// The device that signed a request: known key, signature that holds, nonce not seen before,
    /// time near the city's. The nonce comes first, so that a recorded request is an alarm however
    /// late it comes. A key of an epoch that is over is known, and signs nothing any more.
    pub(super) fn authenticate(&self, claim: &Claim) -> Result<(DeviceId, PublicKey), Refused> {
        let mut memory = self.memory();
        let tx = memory.conn.transaction()?;
        let found = keys::signer(&tx, &claim.key_id)?.ok_or(RefusalCode::Signature)?;
        let keys::Signed { device, key, over } = found;
        claim.verify(&key).map_err(|_| RefusalCode::Signature)?;
        let now = self.clock.now();
        let known: bool = tx
            .prepare_cached("SELECT count(*) FROM nonce WHERE key_id = ?1 AND nonce = ?2")?
            .query_row((&claim.key_id, &claim.nonce), |row| row.get(0))?;
        if known {
            alarm::raise(&tx, &device, alarm::Alarm::Replay, now)?;
            tx.commit()?;
            return Err(RefusalCode::Replay.into());
        }
        if now.as_second().abs_diff(claim.created) > SKEW_S_MAX.unsigned_abs() {
            return Err(Refused::clock(now));
        }
        tx.prepare_cached("DELETE FROM nonce WHERE created < ?1")?
            .execute([now.as_second() - NONCE_KEPT_S])?;
        tx.prepare_cached("INSERT INTO nonce (key_id, nonce, created) VALUES (?1, ?2, ?3)")?
            .execute((&claim.key_id, &claim.nonce, claim.created))?;
        if over {
            alarm::raise(&tx, &device, alarm::Alarm::Epoch, now)?;
            tx.commit()?;
            return Err(RefusalCode::Epoch.into());
        }
        keys::used(&tx, &device, &key)?;
        tx.commit()?;
        Ok((device, key))
    }
}
