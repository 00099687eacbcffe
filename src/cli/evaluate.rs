//! `canteend evaluate …`

use super::{progress, say, say_json};
use crate::config::Config;
use crate::error::{Exit, Failure};
use crate::evaluate::{self, Enrolment, Probe, Problems, Rule, Share, page};
use crate::files;
use crate::vision::{Analyser, QualityLimits};
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// What is in use where no configuration is given: the values of the shipped one.
const IN_USE: InUse = InUse { rule: Rule { accept: 0.66, margin: 0.1 }, liveness: 0.3 };

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Accuracy on pairs of photographs of the same or of two people
    Pairs(Pairs),
    /// Search on your own photographs: who is found, who is mistaken, how many strangers pass
    Search(Search),
    /// Liveness on photographs of faces and of pictures of faces
    Liveness(Liveness),
    /// Milliseconds of each stage on one photograph, one thread
    Time(Time),
}

#[derive(Debug, Args)]
struct Common {
    /// Folder of manifest, model pack and ONNX Runtime
    #[arg(long, value_name = "DIR", default_value = "models")]
    models: PathBuf,
    /// Answer in JSON
    #[arg(long)]
    json: bool,
}

impl Common {
    fn analyser(&self) -> Result<Analyser, Failure> {
        Ok(Analyser::open(&self.models, QualityLimits::default())?)
    }
}

#[derive(Debug, Args)]
pub(super) struct Pairs {
    /// Folder that the names in the pairs file start at
    #[arg(long, value_name = "DIR")]
    root: PathBuf,
    /// Lines of path, path, and 1 (same person) or 0, parted by tabs
    #[arg(long, value_name = "FILE")]
    pairs: PathBuf,
    #[command(flatten)]
    common: Common,
}

/// Thresholds that the box decides by.
#[derive(Clone, Copy, Debug, PartialEq)]
struct InUse {
    rule: Rule,
    liveness: f32,
}

#[derive(Debug, Args)]
struct Page {
    /// Configuration whose thresholds are judged; without it, those that are shipped
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Also write a page with figures and curves; it opens in any browser, without network
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

impl Page {
    fn in_use(&self) -> Result<InUse, Failure> {
        let Some(path) = &self.config else { return Ok(IN_USE) };
        let used = Config::load(path)?.visit.thresholds;
        let rule = Rule { accept: used.accept, margin: used.margin };
        Ok(InUse { rule, liveness: used.liveness })
    }

    fn write(&self, html: impl FnOnce() -> String) -> Result<(), Failure> {
        match &self.html {
            // It may name people.
            Some(path) => files::write_whole(path, html().as_bytes(), files::OWNER_ONLY)
                .map_err(|e| Failure::new(Exit::Io, format!("{}: {e}", path.display()))),
            None => Ok(()),
        }
    }
}

#[derive(Debug, Args)]
#[command(after_help = "\
Each DIR holds a folder per person with .jpg, .jpeg or .png photographs. The gallery holds at most \
16 photographs of a person, the others 32; more are left out and counted.
Photographs that cannot be read are named and skipped; the figures are given all the same, and the \
exit code is 65.")]
pub(super) struct Search {
    /// People enrolled
    #[arg(long, value_name = "DIR")]
    gallery: PathBuf,
    /// Other photographs of the same people, in folders of the same names
    #[arg(long, value_name = "DIR")]
    probes: PathBuf,
    /// People who are not enrolled; 1,000 or more, to speak of 1 stranger in 1,000
    #[arg(long, value_name = "DIR")]
    strangers: PathBuf,
    #[command(flatten)]
    page: Page,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Photographs lie in DIR or in folders in it; each folder under --fake is one kind of attack.
Photographs that cannot be read are named and skipped; the figures are given all the same, and the \
exit code is 65.")]
pub(super) struct Liveness {
    /// Photographs of people before the camera
    #[arg(long, value_name = "DIR")]
    real: PathBuf,
    /// Photographs of prints, screens and the like before the camera; without them only BPCER is
    /// known
    #[arg(long, value_name = "DIR")]
    fake: Option<PathBuf>,
    #[command(flatten)]
    page: Page,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Args)]
pub(super) struct Time {
    /// A JPEG photograph that shows a face
    #[arg(long, value_name = "FILE")]
    image: PathBuf,
    /// Rounds; the median is reported
    #[arg(short = 'n', long, value_name = "N", default_value_t = 50)]
    rounds: usize,
    #[command(flatten)]
    common: Common,
}

pub(super) fn run(command: Command) -> Result<(), Failure> {
    match command {
        Command::Pairs(options) => pairs(&options),
        Command::Search(options) => search(&options),
        Command::Liveness(options) => liveness(&options),
        Command::Time(options) => time(&options),
    }
}

fn pairs(options: &Pairs) -> Result<(), Failure> {
    let mut analyser = options.common.analyser()?;
    let report = evaluate::pairs(&mut analyser, &options.root, &options.pairs, progress)?;
    if options.common.json {
        return say_json(&report);
    }
    say(format_args!(
        "{} pairs of {} photographs ({} without a face found)\n\
         accuracy {:.2} % ± {:.2}, true accepts at 1 false match in 100: {:.2} %",
        report.pairs,
        report.images,
        report.undetected,
        report.accuracy * 100.0,
        report.deviation * 100.0,
        report.tar_at_fmr_1e_2 * 100.0
    ))
}

fn search(options: &Search) -> Result<(), Failure> {
    let rule = options.page.in_use()?.rule;
    let mut analyser = options.common.analyser()?;
    let folders = evaluate::Folders {
        gallery: &options.gallery,
        probes: &options.probes,
        strangers: &options.strangers,
    };
    let report = evaluate::search(&mut analyser, folders, rule, &mut progress)?;
    options.page.write(|| page::search(&report))?;
    if options.common.json {
        say_json(&report)?;
    } else {
        let (plain, service) = (Probe::Single, Probe::MeanTemplate);
        for (name, probe) in [("each photograph alone", plain), ("photographs pooled", service)] {
            let way = report.way(Enrolment::BestOf, probe);
            say(format_args!("{name}\n  rank 1                {}", way.rank_1))?;
            for at in &way.at {
                let few = if at.enough_strangers { "" } else { "; too few strangers to tell" };
                let share = at.target * 100.0;
                say(format_args!("  found at {share:>4} %        {}{few}", at.figures.found))?;
            }
            let used = way.in_use;
            say(format_args!("  at {:.2} and {:.2}", used.rule.accept, used.rule.margin))?;
            line("found", used.found)?;
            line("taken for another", used.wrong)?;
            line("sent to staff", used.to_staff)?;
            line("strangers accepted", used.strangers_accepted)?;
        }
    }
    named(&report.problems)
}

fn line(name: &str, share: Share) -> Result<(), Failure> {
    say(format_args!("    {name:19} {share}"))
}

fn liveness(options: &Liveness) -> Result<(), Failure> {
    let threshold = options.page.in_use()?.liveness;
    let mut analyser = options.common.analyser()?;
    let fake = options.fake.as_deref();
    let report = evaluate::liveness(&mut analyser, &options.real, fake, threshold, &mut progress)?;
    options.page.write(|| page::liveness(&report))?;
    if options.common.json {
        say_json(&report)?;
    } else {
        say(format_args!("at a score of {threshold:.2}"))?;
        line("BPCER", report.bpcer)?;
        report
            .attacks
            .iter()
            .try_for_each(|a| say(format_args!("    APCER {}: {}", a.kind, a.apcer)))?;
        match report.auc {
            Some(auc) => say(format_args!("    area under curve    {auc:.4}"))?,
            None => say("    no attacks given: APCER and the area under the curve are unknown")?,
        }
    }
    named(&report.problems)
}

/// Says what was skipped; with anything skipped the command ends with 65, after its answer.
fn named(problems: &Problems) -> Result<(), Failure> {
    let Some(first) = problems.named.first() else { return Ok(()) };
    let mut text = format!("{}: {}", first.path, first.reason);
    for problem in &problems.named[1..] {
        text += &format!("\ncanteend: {}: {}", problem.path, problem.reason);
    }
    text += &format!(
        "\ncanteend: {} skipped, at most {} named above; the figures are of the rest",
        problems.count,
        evaluate::PROBLEMS_NAMED_MAX
    );
    Err(Failure::new(Exit::Data, text))
}

fn time(options: &Time) -> Result<(), Failure> {
    let jpeg = std::fs::read(&options.image)
        .map_err(|e| Failure::new(Exit::Io, format!("{}: {e}", options.image.display())))?;
    let mut analyser = options.common.analyser()?;
    let report = evaluate::time(&mut analyser, &jpeg, options.rounds)?;
    if options.common.json {
        return say_json(&report);
    }
    let stages = [
        ("decode", report.decode),
        ("detect", report.detect),
        ("landmarks", report.landmarks),
        ("align", report.align),
        ("quality", report.quality),
        ("embed", report.embed),
        ("live", report.live),
        ("all", report.all),
        ("sessions", report.sessions),
    ];
    stages.iter().try_for_each(|(name, ms)| say(format_args!("{name:10} {ms:8.3} ms")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn what_is_judged_without_a_configuration_is_what_is_shipped() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let config = Some(root.join("config/canteend.toml"));
        assert_eq!(Page { config, html: None }.in_use().unwrap(), IN_USE);
    }

    #[test]
    fn a_page_may_name_people_so_only_its_owner_reads_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("page.html");
        let page = Page { config: None, html: Some(path.clone()) };
        page.write(|| "王五".to_owned()).unwrap();
        assert_eq!(files::open_to_others(&std::fs::File::open(path).unwrap()).unwrap(), None);
    }
}
