//! Who may talk to the city: enrolment codes, devices, their requests.

use super::db::CityError;
use super::http::Refused;
use super::{City, alarm, keys};
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

    /// Enrols `device`. The same device with the same key gets the same answer again, so that an
    /// answer that was lost can be asked for once more; but not by a former key of the city.
    pub(super) fn enrol(&self, device: &DeviceId, body: &[u8]) -> Result<(bool, Vec<u8>), Refused> {
        let asked: EnrolRequest = json::read(body, SMALL_BYTES_MAX).map_err(Refused::content)?;
        let key = PublicKey::parse(&asked.key).map_err(Refused::content)?;
        let proof = text::from_base64(&asked.proof).ok_or(RefusalCode::Content)?;
        let mut memory = self.memory();
        let city = memory.key.clone();
        let tx = memory.conn.transaction()?;
        let known: Option<Vec<u8>> = tx
            .query_row(
                "SELECT enrolment FROM device WHERE id = ?1 AND key = ?2",
                (device.as_str(), key.to_string()),
                |row| row.get(0),
            )
            .optional()?;
        let known =
            known.filter(|answer| Enrolment::confirms(answer, city.public(), device, &key).is_ok());
        if let Some(enrolment) = known {
            return Ok((false, enrolment));
        }
        let code: Option<String> = tx
            .query_row("SELECT code FROM code WHERE device = ?1", [device.as_str()], |row| {
                row.get(0)
            })
            .optional()?;
        let code = code.and_then(|code| EnrolmentCode::parse(&code).ok());
        if !code.is_some_and(|code| code.proves(device, &key, &proof)) {
            return Err(RefusalCode::Code.into());
        }
        let enrolled_at = self.clock.now();
        let enrolment = Enrolment {
            device: device.clone(),
            key: key.to_string(),
            city_key: city.public().to_string(),
            enrolled_at,
        };
        let answer = enrolment.seal(&city);
        tx.execute(
            "INSERT INTO device (id, key, key_id, enrolled_at, enrolment)
             VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (id) DO UPDATE SET key = ?2, key_id = ?3, enrolled_at = ?4, enrolment = ?5",
            (device.as_str(), key.to_string(), key.id(), text::time_to_text(enrolled_at), &answer),
        )?;
        tx.execute("DELETE FROM code WHERE device = ?1", [device.as_str()])?;
        tx.execute("DELETE FROM next_key WHERE device = ?1", [device.as_str()])?;
        tx.commit()?;
        Ok((true, answer))
    }

    /// The device that signed a request: known key, signature that holds, nonce not seen before,
    /// time near the city's. The nonce comes first, so that a recorded request is an alarm however
    /// late it comes.
    pub(super) fn authenticate(&self, claim: &Claim) -> Result<(DeviceId, PublicKey), Refused> {
        let mut memory = self.memory();
        let tx = memory.conn.transaction()?;
        let (device, key) = keys::signer(&tx, &claim.key_id)?.ok_or(RefusalCode::Signature)?;
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
        keys::used(&tx, &device, &key)?;
        tx.commit()?;
        Ok((device, key))
    }
}
