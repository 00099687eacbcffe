//! `canteend provision`: makes the device key, enrols it, pins the city's, names both in the
//! ledger, and the epoch that begins where the device was enrolled before. Each step can be
//! repeated.

use super::provision_site;
use super::rotate::{self, Rotate};
use super::{ConfigFile, block_on, say};
use crate::city::client::{self, CityUrl};
use crate::city::identity;
use crate::city::wire::code::EnrolmentCode;
use crate::city::wire::enrol::Enrolled;
use crate::city::wire::text::DeviceId;
use crate::daemon::control::{Answer, Request, work};
use crate::daemon::{keys, parts};
use crate::error::{Exit, Failure};
use clap::{Args, Subcommand};

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(super) struct Options {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    config: ConfigFile,
    /// Address of the city, https://HOST or https://HOST:PORT, where the configuration has none
    #[arg(long, value_name = "URL")]
    city: Option<String>,
    /// The code that the city printed for this device
    #[arg(long, value_name = "CODE", required = true)]
    code: Option<String>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Put a new device key in the place of the one in use
    RotateKey(Rotate),
    /// Write the configuration of a new site, from flags or by asking
    Site(Box<provision_site::Options>),
}

pub(super) fn run(options: &Options) -> Result<(), Failure> {
    match &options.command {
        Some(Command::RotateKey(options)) => return rotate::run(options),
        Some(Command::Site(options)) => return provision_site::run(options),
        None => {}
    }
    let config = options.config.load()?;
    let address = options.city.as_ref().or(config.city.url.as_ref()).ok_or_else(|| {
        Failure::new(Exit::Usage, "which city? Give --city URL, or city.url in the configuration")
    })?;
    let url = CityUrl::parse(address)?;
    let code = options.code.as_deref().unwrap_or_default();
    let code = EnrolmentCode::parse(code).map_err(|e| Failure::new(Exit::Usage, e))?;
    let device = DeviceId::new(&config.site.device).map_err(|e| Failure::new(Exit::Config, e))?;
    let tls = keys::tls(&config)?;
    // Enrolling uses the code up and begins an epoch: what would stop us after it stops us before.
    identity::may_pin(&config.state, |key| code.names(key))?;
    let key = identity::device_key_or_new(&config.state, identity::credentials().as_deref())?;
    let Enrolled { city, epoch, held } =
        block_on(client::enrol_over(&url, &device, key.public(), &code, &tls))??;
    identity::pin(&config.state, url.clone(), city.clone())?;
    let request = Request::Enrolled { epoch, held };
    let taken = match work::ask_or_do(&config, parts::clock(&config).as_ref(), request)? {
        Answer::Enrolled(taken) => taken,
        other => return Err(super::unexpected(&other)),
    };
    if taken.copied {
        let text = format!(
            "this ledger was restored from a copy, and the city has still counted its enrolment as \
             epoch {epoch}: that code was used before; ask the city for a new one"
        );
        return Err(Failure::new(Exit::Data, text));
    }
    say(format_args!("{device} is enrolled at {url}; compare both with the city's page:"))?;
    say(format_args!("this box  {}", key.public().fingerprint()))?;
    say(format_args!("the city  {}", city.fingerprint()))?;
    match (taken.began, taken.lacking) {
        (true, Some((first, last, of))) => say(format_args!(
            "epoch {}: entries {first} to {last} of epoch {of} are with the city only, and count there",
            taken.epoch
        )),
        (true, None) => {
            say(format_args!("epoch {}: nothing that the city holds is missing here", taken.epoch))
        }
        (false, _) => Ok(()),
    }
}
