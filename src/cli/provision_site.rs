//! `canteend provision site`: writes the configuration of a site, from flags or by asking.
//!
//! The file is the shipped example with its answers filled in, so every key stands in it with its
//! comment. It is read back before it is written, and a file that is there is never replaced.

use super::{ConfigFile, say};
use crate::camera::device;
use crate::config::{Config, EXAMPLE};
use crate::error::{Exit, Failure};
use clap::Args;
use std::fs::OpenOptions;
use std::io::{self, BufRead as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

/// Mode of the file: root writes, the service's group reads.
const MODE: u32 = 0o640;
/// How often a question is asked where Enter is all that comes.
const ASKED_MAX: usize = 3;

#[derive(Debug, Args)]
pub(super) struct Options {
    #[command(flatten)]
    config: ConfigFile,
    /// Device id (食堂编码), as the city gave it
    #[arg(long, value_name = "ID")]
    device: Option<String>,
    /// Name of the canteen (食堂名称)
    #[arg(long)]
    name: Option<String>,
    /// County or city district (县市区)
    #[arg(long)]
    county: Option<String>,
    /// Street or park (街道)
    #[arg(long)]
    street: Option<String>,
    /// urban (城区) or rural (农村)
    #[arg(long)]
    area: Option<String>,
    /// new (社区新建型), upgraded (升级改造型) or restaurant (企业挂牌型)
    #[arg(long)]
    built: Option<String>,
    /// First day of the canteen (开业日期), YYYY-MM-DD
    #[arg(long, value_name = "DATE")]
    opened: Option<String>,
    /// Stable path of the camera; where there is one camera, it needs not be stated
    #[arg(long, value_name = "PATH")]
    camera: Option<String>,
    /// Address of the city, https://HOST or https://HOST:PORT
    #[arg(long, value_name = "URL")]
    city: Option<String>,
}

/// A key of the example, what is asked for it, and the flag that answers.
type Question<'a> = (&'static str, &'static str, &'static str, &'static str, &'a Option<String>);

pub(super) fn run(options: &Options) -> Result<(), Failure> {
    let path = &options.config.config;
    if path.exists() {
        let text = format!("{} is there already; edit it, or move it away", path.display());
        return Err(Failure::new(Exit::Config, text));
    }
    let camera = options.camera.clone().or_else(only_camera);
    let questions: [Question<'_>; 8] = [
        ("[site]", "device", "--device", "食堂编码 device id", &options.device),
        ("[site]", "name", "--name", "食堂名称 name", &options.name),
        ("[site]", "county", "--county", "县(市区) county", &options.county),
        ("[site]", "street", "--street", "街道 street", &options.street),
        ("[site]", "area", "--area", "urban 城区 / rural 农村", &options.area),
        (
            "[site]",
            "built",
            "--built",
            "new 新建 / upgraded 改造 / restaurant 挂牌",
            &options.built,
        ),
        ("[site]", "opened", "--opened", "开业日期 first day, YYYY-MM-DD", &options.opened),
        (
            "[camera]",
            "path",
            "--camera",
            "没有唯一可用的摄像头 not exactly one camera can be used; the path of the right one \
             (canteend camera list)",
            &camera,
        ),
    ];
    let mut answers = vec![("[camera]", "source", "camera".to_owned())];
    for (table, key, flag, question, given) in questions {
        let answer = match given {
            Some(given) => given.clone(),
            None => ask(question, flag)?,
        };
        answers.push((table, key, answer));
    }
    answers.extend(options.city.iter().map(|url| ("[city]", "url", url.clone())));
    let text = fill(EXAMPLE, &answers);
    let config = Config::parse(&text, path)?;
    write(path, &text)?;
    say(format_args!("{}: written, for {}", path.display(), config.site.device))?;
    say("next: canteend check-config; canteend doctor; canteend provision --code CODE")
}

/// The camera of this machine, where there is exactly one that can be used.
fn only_camera() -> Option<String> {
    let found = device::list().ok()?;
    let mut usable = found.iter().filter(|c| c.offers.as_ref().is_ok_and(|o| !o.is_empty()));
    let camera = usable.next()?;
    usable.next().is_none().then(|| camera.path.display().to_string())
}

fn ask(question: &str, flag: &str) -> Result<String, Failure> {
    let io = |e| Failure::new(Exit::Io, e);
    let mut out = io::stdout().lock();
    for _ in 0..ASKED_MAX {
        write!(out, "{question}: ").and_then(|()| out.flush()).map_err(io)?;
        let mut line = String::new();
        if io::stdin().lock().read_line(&mut line).map_err(io)? == 0 {
            break;
        }
        if !line.trim().is_empty() {
            return Ok(line.trim().to_owned());
        }
    }
    Err(Failure::new(Exit::Usage, format!("no answer; state it with {flag}")))
}

/// The example with these values (table, key, text) in it, and without its test box.
fn fill(example: &str, answers: &[(&str, &str, String)]) -> String {
    let mut table = "";
    let mut lines: Vec<String> = Vec::new();
    for line in example.lines() {
        if line.starts_with('[') {
            table = line;
        }
        let key = line.trim_start_matches('#').split(" =").next().unwrap_or_default();
        if line == "test_box = true" {
            lines.push("#test_box = false".to_owned());
            continue;
        }
        match answers.iter().find(|(of, name, _)| *of == table && *name == key) {
            Some((.., value)) => {
                lines.push(format!("{key} = {}", toml_text(value)));
            }
            None => lines.push(line.to_owned()),
        }
    }
    lines.join("\n") + "\n"
}

/// A basic string of TOML.
fn toml_text(value: &str) -> String {
    let mut text = String::from('"');
    for c in value.chars() {
        match c {
            '"' | '\\' => text.extend(['\\', c]),
            c if c.is_control() => text += &format!("\\u{:04X}", u32::from(c)),
            c => text.push(c),
        }
    }
    text + "\""
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    let made = OpenOptions::new().create_new(true).write(true).mode(MODE).open(path);
    let written = made.and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync_all()
    });
    written.map_err(|e| {
        let text = format!("{}: {e}; run this as root, who may write there", path.display());
        Failure::new(Exit::Io, text)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_is_filled_in_and_keeps_every_other_line() {
        let name = "东\"城\\食堂".to_owned();
        let answers = [
            ("[site]", "name", name.clone()),
            ("[camera]", "source", "camera".to_owned()),
            ("[camera]", "path", "/dev/v4l/by-id/x-index0".to_owned()),
            ("[city]", "url", "https://city.example".to_owned()),
        ];
        let text = fill(EXAMPLE, &answers);
        let config = Config::parse(&text, Path::new("canteend.toml")).unwrap();
        assert_eq!(config.site.name, name);
        assert!(!config.site.test_box);
        assert_eq!(config.city.url.as_deref(), Some("https://city.example"));
        let changed = EXAMPLE.lines().zip(text.lines()).filter(|(old, new)| old != new).count();
        assert_eq!(changed, answers.len() + 1);
        assert_eq!(text.lines().count(), EXAMPLE.lines().count());
    }
}
