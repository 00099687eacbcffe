//! `canteend provision`: makes the device key, enrols it, pins the city's.

use super::{ConfigFile, block_on, credentials, say};
use crate::city::client::{self, CityUrl};
use crate::city::identity::{self, Pinned};
use crate::city::wire::code::EnrolmentCode;
use crate::city::wire::text::DeviceId;
use crate::error::{Exit, Failure};
use clap::Args;

#[derive(Debug, Args)]
pub(super) struct Options {
    #[command(flatten)]
    config: ConfigFile,
    /// Address of the city, https://HOST or https://HOST:PORT
    #[arg(long, value_name = "URL")]
    city: String,
    /// The code that the city printed for this device
    #[arg(long, value_name = "CODE")]
    code: String,
}

pub(super) fn run(options: &Options) -> Result<(), Failure> {
    let config = options.config.load()?;
    let url = CityUrl::parse(&options.city)?;
    let code = EnrolmentCode::parse(&options.code).map_err(|e| Failure::new(Exit::Usage, e))?;
    let device = DeviceId::new(&config.site.device).map_err(|e| Failure::new(Exit::Config, e))?;
    let key = identity::device_key_or_new(&config.state, credentials().as_deref())?;
    let city = block_on(client::enrol(&url, &device, key.public(), &code))??;
    identity::pin(&config.state, &Pinned { url: url.clone(), key: city.clone() })?;
    say(format_args!("{device} is enrolled at {url}; compare both with the city's page:"))?;
    say(format_args!("this box  {}", key.public().fingerprint()))?;
    say(format_args!("the city  {}", city.fingerprint()))
}
