use super::*;
use crate::domain::calendar::{Date, MealWindow, Time};
use crate::domain::operating_award::SiteKind;
use crate::kiosk::canteen::Sound;
use std::time::Duration;

const LEAST: &str = r#"
[site]
device = "lc-kfq-017"
name = "幸福食堂"
county = "开发区"
street = "东城街道"
area = "rural"
built = "new"
opened = "2025-03-01"
test_box = true
[camera]
source = "replay"
path = "frames"
"#;

fn parse(text: &str) -> Result<Config, ConfigError> {
    Config::parse(text, Path::new("/etc/canteend/canteend.toml"))
}

/// The shipped example with every commented-out key put in force.
fn example_in_full() -> String {
    let uncommented = |line: &str| match line.strip_prefix('#') {
        Some(rest)
            if rest.starts_with(|c: char| c.is_ascii_lowercase()) && rest.contains(" = ") =>
        {
            rest.to_owned()
        }
        _ => line.to_owned(),
    };
    EXAMPLE.lines().map(|line| uncommented(line) + "\n").collect()
}

#[test]
fn the_shipped_example_parses() {
    let config = parse(EXAMPLE).unwrap();
    assert_eq!(config.rules, Path::new("/usr/share/canteend/rules/lcetdz-2022.toml"));
    // A district's own stands beside the configuration.
    let own = EXAMPLE.replace("[paths]", "[paths]\nrules = \"rules/own.toml\"");
    assert_eq!(parse(&own).unwrap().rules, Path::new("/etc/canteend/rules/own.toml"));
}

#[test]
fn every_default_that_the_example_shows_is_the_default_in_force() {
    let shown = parse(&example_in_full()).unwrap();
    let Camera::Replay { starts_at: Some(_), .. } = &shown.camera else {
        panic!("the example was not uncommented: {:?}", shown.camera);
    };
    assert!(shown.city.url.is_some() && shown.city.certificate.is_some());
    // What has no default shows an example.
    let Config { camera, digest, city, .. } = parse(EXAMPLE).unwrap();
    let city = CityLine { night: shown.city.night, ..city };
    assert_eq!(Config { camera, digest, city, ..shown }, parse(EXAMPLE).unwrap());
}

#[test]
fn every_key_of_the_file_stands_in_the_example() {
    let full: toml::Table = toml::from_str(&example_in_full()).unwrap();
    let sources = [
        include_str!("file.rs"),
        include_str!("site.rs"),
        include_str!("camera.rs"),
        include_str!("kiosk.rs"),
        include_str!("meals.rs"),
        include_str!("recognition.rs"),
        include_str!("quality.rs"),
    ]
    .concat();
    let tables = sources.split("struct ").skip(1).filter(|s| s.contains("Table {"));
    let mut keys = 0;
    for table in tables {
        let (name, rest) = table.split_once("Table {").unwrap();
        let section = full.get(&name.to_lowercase()).unwrap_or_else(|| panic!("[{name}]"));
        for field in rest.split('}').next().unwrap().lines().map(str::trim) {
            let Some((key, _)) = field.split_once(':').filter(|_| !field.starts_with('#')) else {
                continue;
            };
            let key = key.trim_start_matches("pub(super) ");
            assert!(section.get(key).is_some(), "{name}.{key} is not in config/canteend.toml");
            keys += 1;
        }
    }
    assert!(keys > 25, "the sources were read: {keys}");
}

#[test]
fn what_is_not_stated_has_the_defaults_of_the_plan() {
    let config = parse(LEAST).unwrap();
    assert_eq!(config.site.area, SiteKind::Rural);
    assert_eq!(config.state, Path::new("/var/lib/canteend"));
    assert_eq!(config.visit.same_visit, Duration::from_secs(600));
    let lunch = Time::constant(13, 30, 0, 0);
    assert_eq!(config.hours.window_at(lunch), Some(MealWindow::Lunch));
}

#[test]
fn an_unknown_key_is_refused_with_file_line_and_key() {
    let error = parse(&LEAST.replace("name =", "nmae =")).unwrap_err();
    let text = error.to_string();
    assert!(text.contains("/etc/canteend/canteend.toml"), "{text}");
    assert!(text.contains("line 4"), "{text}");
    assert!(text.contains("nmae"), "{text}");
    assert_eq!(error.exit() as u8, 78);
}

#[test]
fn values_out_of_range_are_refused_with_their_key_and_the_range() {
    let cases = [
        ("[recognition]\naccept = 0.2", "recognition.accept: 0.2 is out of range; use 0.3 to 0.95"),
        ("[recognition]\naccept = nan", "recognition.accept: NaN is out of range"),
        ("[recognition]\nstrangers = 0.5", "recognition.strangers: 0.5 is out of range"),
        ("[recognition]\ncandidate = 0.7", "recognition.candidate: 0.7 must not be above"),
        ("[recognition]\nframes = 0", "recognition.frames: 0 is out of range"),
        ("[visit]\npatience_ms = 900", "visit.patience_ms: 900 is out of range"),
        ("[visit]\ndwell_ms = 5000", "visit.patience_ms: must not be below visit.dwell_ms"),
        ("[meals]\nlunch = [\"13:30\", \"10:30\"]", "meals: lunch ends no later than it begins"),
        ("[meals]\nlunch = [\"08:30\", \"10:30\"]", "meals: lunch begins no later than breakfast"),
        ("[meals]\nlunch = [\"10.30\", \"13:30\"]", "meals.lunch: \"10.30\" is not a time"),
        ("[meals]\nlunch = [\"10:30\", \"24:00\"]", "meals.lunch: there is no time 24:00"),
        ("[quality]\nyaw = 2", "quality.yaw: 2 is out of range; use 0.1 to 1"),
    ];
    for (tail, expected) in cases {
        let text = parse(&format!("{LEAST}{tail}\n")).unwrap_err().to_string();
        assert!(text.contains(expected), "{tail:?} gives {text:?}");
    }
    for (from, to, expected) in [
        ("\"lc-kfq-017\"", "\"lc kfq\"", "site.device: \"lc kfq\" is not a device id"),
        ("\"开发区\"", "\"\"", "site.county: write 1 to 64 characters"),
        ("\"东城街道\"", "\"东\\n城\"", "site.street: write 1 to 64 characters"),
        ("2025-03-01", "2025-3-1", "site.opened: \"2025-3-1\" is not a date; write YYYY-MM-DD"),
        ("test_box", "closed = [\"2026-02-30\"]\ntest_box", "site.closed: \"2026-02-30\" is not"),
        ("test_box", "closed = [\"2026-10-02/2026-10-01\"]\ntest_box", "ends before it begins"),
        ("test_box", "closed_weekdays = [\"Sun\"]\ntest_box", "unknown variant `Sun`"),
        ("\"幸福食堂\"", "\" \"", "site.name: the canteen needs a name"),
        ("path = \"frames\"", "path = \"f\"\nframes_per_second = 61", "use 1 to 60"),
        ("path = \"frames\"", "path = \"f\"\nstarts_at = \"noon\"", "camera.starts_at: not a time"),
    ] {
        let text = parse(&LEAST.replace(from, to)).unwrap_err().to_string();
        assert!(text.contains(expected), "{to:?} gives {text:?}");
    }
}

#[test]
fn the_canteen_is_closed_on_its_weekdays_and_in_its_periods() {
    let keys =
        "closed = [\"2026-02-16/2026-02-22\", \"2026-10-01\"]\nclosed_weekdays = [\"sunday\"]";
    let site = parse(&LEAST.replace("test_box", &format!("{keys}\ntest_box"))).unwrap().site;
    let closed = |text: &str| site.closed.contains(text.parse::<Date>().unwrap());
    for day in ["2026-02-16", "2026-02-22", "2026-10-01", "2026-03-01"] {
        assert!(closed(day), "{day}");
    }
    for day in ["2026-02-14", "2026-02-23", "2026-10-02", "2026-03-02"] {
        assert!(!closed(day), "{day}");
    }
}

#[test]
fn replay_is_refused_in_real_service() {
    let text = parse(&LEAST.replace("test_box = true", "")).unwrap_err().to_string();
    assert!(
        text.contains("camera.source: replayed pictures are refused in real service"),
        "{text}"
    );
}

/// The least configuration with a camera, and these lines in its table.
fn with_camera(lines: &str) -> Result<Config, ConfigError> {
    let camera = format!("source = \"camera\"\n{lines}");
    parse(
        &LEAST
            .replace("test_box = true", "")
            .replace("source = \"replay\"\npath = \"frames\"", &camera),
    )
}

#[test]
fn a_camera_serves_on_any_box_in_the_size_and_rate_that_are_stated() {
    let path = "path = \"/dev/v4l/by-id/usb-cam-video-index0\"";
    let cases = [
        ("", (640, 480, 10)),
        ("\nwidth = 1280\nheight = 720\nframes_per_second = 30", (1280, 720, 30)),
    ];
    for (lines, expected) in cases {
        let Camera::Device { path: at, wanted } =
            with_camera(&format!("{path}{lines}")).unwrap().camera
        else {
            panic!("a replay");
        };
        assert_eq!(at, Path::new("/dev/v4l/by-id/usb-cam-video-index0"));
        assert_eq!((wanted.width, wanted.height, wanted.rate.per_second()), expected);
    }
}

#[test]
fn what_no_camera_can_have_is_refused() {
    let cases = [
        ("path = \"video0\"", "camera.path: video0 is not an absolute path"),
        ("path = \"/dev/video0\"\nwidth = 100", "camera.width: 100 is out of range; use 160"),
        ("path = \"/dev/video0\"\nheight = 5000", "camera.height: 5000 is out of range"),
        (
            "path = \"/dev/video0\"\nstarts_at = \"2026-03-02T11:30:00+08:00\"",
            "camera.starts_at: a camera shows the present",
        ),
    ];
    for (lines, expected) in cases {
        let text = with_camera(lines).unwrap_err().to_string();
        assert!(text.contains(expected), "{lines:?} gives {text:?}");
    }
}

#[test]
fn the_page_listens_on_loopback_or_not_at_all() {
    let with = |line: &str| parse(&format!("{LEAST}[kiosk]\n{line}\n"));
    assert_eq!(with("").unwrap().kiosk.listen, Some("127.0.0.1:8087".parse().unwrap()));
    assert_eq!(with("listen = \"off\"").unwrap().kiosk.listen, None);
    // In real service somebody has to settle whom the camera does not know.
    let real = with_camera("path = \"/dev/v4l/by-id/usb-cam\"\n[kiosk]\nlisten = \"off\"")
        .unwrap_err()
        .to_string();
    assert!(real.contains("kiosk.listen: without the page nobody settles"), "{real}");
    assert!(with("listen = \"[::1]:80\"").is_ok());
    for bad in ["0.0.0.0:8087", "192.168.1.4:8087", "[::]:80", "localhost:8087", "8087", ""] {
        let error = with(&format!("listen = \"{bad}\"")).unwrap_err().to_string();
        assert!(error.contains("kiosk.listen"), "{bad}: {error}");
    }
    assert_eq!(with("sound = \"tones\"").unwrap().kiosk.sound, Sound::Tones);
    assert!(with("sound = \"loud\"").unwrap_err().to_string().contains("sound"));
    for bad in ["idle_min = 0", "review_min = 721", "result_s = 0"] {
        assert!(with(bad).unwrap_err().to_string().contains("out of range"), "{bad}");
    }
}
