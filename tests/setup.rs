//! `scripts/setup.sh` against stand-ins for npm and pip, in a checkout of its own, without network.
//!
//! The stand-ins hand out archives from a folder, or fail as the real ones do without network.
//! What they cannot show, that the real clients still bring what is pinned, each fresh clone shows.

#![expect(clippy::unwrap_used, reason = "helpers of tests may unwrap as tests do")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Stand-in for `npm pack`.
const NPM: &str = "#!/bin/sh
cp \"$STORE/npm.tgz\" . 2>/dev/null || { echo 'npm error network getaddrinfo failed' >&2; exit 1; }
";

/// Stand-in for `python3 -m pip`: answers `--version`, and `download` of either kind.
const PYTHON: &str = "#!/bin/sh
case \"$*\" in
*--version*) exit 0 ;;
*--only-binary*) archive=wheel.whl ;;
*) archive=sdist.tar.gz ;;
esac
[ ! -e \"$STORE/refuse\" ] || { echo 'ERROR: THESE PACKAGES DO NOT MATCH THE HASHES' >&2; exit 1; }
cp \"$STORE/$archive\" . 2>/dev/null || { echo 'ERROR: No matching distribution' >&2; exit 1; }
";

/// Stand-in for `unzip -p`: the test's wheel is a tar archive, which needs no packer of its own.
const UNZIP: &str = "#!/bin/sh
exec tar -xzOf \"$2\" \"$3\"
";

/// The three archives: their name in the store, their one file, where it belongs, what it holds.
const ARCHIVES: [(&str, &str, &str, &str); 3] = [
    ("npm.tgz", "package/m.onnx", "models/pack/m.onnx", "a model"),
    ("wheel.whl", "capi/lib.so", "models/runtime/libonnxruntime.so", "a library"),
    ("sdist.tar.gz", "p-1/a.jpg", "fixtures/photos/a.jpg", "a photograph"),
];

/// A checkout that holds the script and its pins, a store of archives, and the stand-ins.
struct Checkout {
    root: tempfile::TempDir,
}

impl Checkout {
    fn new() -> Self {
        let checkout = Checkout { root: tempfile::tempdir().unwrap() };
        for folder in ["scripts", "store", "bin"] {
            fs::create_dir(checkout.path(folder)).unwrap();
        }
        for script in ["scripts/setup.sh", "scripts/common.sh"] {
            let ours = Path::new(env!("CARGO_MANIFEST_DIR")).join(script);
            fs::copy(ours, checkout.path(script)).unwrap();
        }
        for (tool, text) in [("npm", NPM), ("python3", PYTHON), ("unzip", UNZIP)] {
            let path = checkout.path("bin").join(tool);
            fs::write(&path, text).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        }
        for (archive, inside, _, content) in ARCHIVES {
            checkout.pack(archive, inside, content);
        }
        checkout.pin();
        checkout
    }

    fn path(&self, relative: &str) -> PathBuf {
        self.root.path().join(relative)
    }

    fn pack(&self, archive: &str, inside: &str, content: &str) {
        let folder = self.path("store/open");
        fs::create_dir_all(folder.join(inside).parent().unwrap()).unwrap();
        fs::write(folder.join(inside), content).unwrap();
        let archive = self.path("store").join(archive);
        let mut tar = Command::new("tar");
        tar.arg("-czf").arg(archive).arg("-C").arg(folder).arg(inside);
        assert!(tar.status().unwrap().success());
    }

    /// Pins the archives as they are now.
    fn pin(&self) {
        let heads = [
            "npm pack-of-models@1 any".to_owned(),
            format!("wheel runtime==1 {}", std::env::consts::ARCH),
            "sdist photographs==1 any".to_owned(),
        ];
        let mut pins = "# A comment, and a package of another machine.\n\
            package wheel runtime==1 pdp11 00\nfile models/runtime/none.so none 00\n"
            .to_owned();
        for (head, (archive, inside, place, content)) in heads.iter().zip(ARCHIVES) {
            let packed = digest(&fs::read(self.path("store").join(archive)).unwrap());
            let plain = digest(content.as_bytes());
            pins += &format!("\npackage {head} {packed}\nfile {place} {inside} {plain}\n");
        }
        fs::write(self.path("scripts/pins.txt"), pins).unwrap();
    }

    /// Runs both parts that fetch, stopping at the first that fails.
    fn fetch(&self) -> Output {
        let models = self.run("models");
        if models.status.success() { self.run("photos") } else { models }
    }

    fn run(&self, part: &str) -> Output {
        let path = format!("{}:{}", self.path("bin").display(), std::env::var("PATH").unwrap());
        Command::new("bash")
            .arg(self.path("scripts/setup.sh"))
            .arg(part)
            .env("PATH", path)
            .env("STORE", self.path("store"))
            .output()
            .unwrap()
    }

    /// Runs `part`, expects it to fail, and returns the one line that it says.
    fn complaint(&self, part: &str) -> String {
        let output = self.run(part);
        assert!(!output.status.success(), "{part} should fail");
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(said.lines().count(), 1, "one line: {said}");
        said
    }

    fn assert_all_in_place(&self) {
        for (_, _, place, content) in ARCHIVES {
            assert_eq!(fs::read_to_string(self.path(place)).unwrap(), content, "{place}");
        }
    }

    /// Neither files in their places nor anything half-fetched is there.
    fn assert_nothing_placed(&self) {
        let mut names: Vec<_> = fs::read_dir(self.root.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        assert_eq!(names, ["bin", "scripts", "store"]);
    }
}

fn digest(bytes: &[u8]) -> String {
    let digest = ring::digest::digest(&ring::digest::SHA256, bytes);
    digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[track_caller]
fn assert_success(output: &Output) {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn pinned_files_of_this_machine_are_fetched_and_put_in_place() {
    let checkout = Checkout::new();
    assert_success(&checkout.fetch());
    checkout.assert_all_in_place();
    assert!(!checkout.path("models/runtime/none.so").exists());
}

#[test]
fn what_is_there_and_right_is_used_again_without_network() {
    let checkout = Checkout::new();
    assert_success(&checkout.fetch());
    fs::remove_dir_all(checkout.path("store")).unwrap();
    assert_success(&checkout.fetch());
    checkout.assert_all_in_place();
}

#[test]
fn a_damaged_file_is_named_and_fetched_again() {
    for (_, _, place, _) in ARCHIVES {
        let checkout = Checkout::new();
        assert_success(&checkout.fetch());
        fs::write(checkout.path(place), "damaged").unwrap();
        let part = if place.starts_with("models") { "models" } else { "photos" };
        let output = checkout.run(part);
        assert_success(&output);
        let said = String::from_utf8(output.stdout).unwrap();
        assert!(said.contains(&format!("{place} is damaged")), "{said}");
        checkout.assert_all_in_place();
    }
}

#[test]
fn an_archive_that_differs_from_its_pin_is_named_and_nothing_is_placed() {
    let cases = [
        ("models", "npm.tgz", "package/m.onnx", "pack-of-models@1"),
        ("photos", "sdist.tar.gz", "p-1/a.jpg", "photographs==1"),
    ];
    for (part, archive, inside, name) in cases {
        let checkout = Checkout::new();
        checkout.pack(archive, inside, "something else");
        let said = checkout.complaint(part);
        assert!(said.contains(name) && said.contains("pins.txt"), "{said}");
        checkout.assert_nothing_placed();
    }
}

#[test]
fn a_digest_that_pip_itself_refuses_is_told_apart_from_a_lost_network() {
    let checkout = Checkout::new();
    fs::write(checkout.path("store/refuse"), "").unwrap();
    let said = checkout.complaint("photos");
    assert!(said.contains("photographs==1 has another digest"), "{said}");
    checkout.assert_nothing_placed();
}

#[test]
fn a_file_that_differs_from_its_pin_is_named_and_not_placed() {
    let checkout = Checkout::new();
    let pins = fs::read_to_string(checkout.path("scripts/pins.txt")).unwrap();
    let wrong = pins.replace(&digest(b"a photograph"), &digest(b"another photograph"));
    fs::write(checkout.path("scripts/pins.txt"), wrong).unwrap();
    let said = checkout.complaint("photos");
    assert!(said.contains("fixtures/photos/a.jpg") && said.contains("pins.txt"), "{said}");
    checkout.assert_nothing_placed();
}

#[test]
fn without_network_one_line_says_what_to_do() {
    for (part, name) in [("models", "pack-of-models@1"), ("photos", "photographs==1")] {
        let checkout = Checkout::new();
        for (archive, ..) in ARCHIVES {
            fs::remove_file(checkout.path("store").join(archive)).unwrap();
        }
        let said = checkout.complaint(part);
        assert!(said.contains(name) && said.contains("check the network"), "{said}");
        checkout.assert_nothing_placed();
    }
}

#[test]
fn an_unknown_part_is_refused_by_name() {
    let said = Checkout::new().complaint("everything");
    assert!(said.contains("'everything'"), "{said}");
}

#[test]
fn the_shipped_pins_are_whole() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let ignored = fs::read_to_string(root.join(".gitignore")).unwrap();
    let pins = fs::read_to_string(root.join("scripts/pins.txt")).unwrap();
    let mut machines = Vec::new();
    for line in pins.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let fields: Vec<&str> = line.split(' ').collect();
        let digest = *fields.last().unwrap();
        assert!(digest.len() == 64 && digest.bytes().all(|b| b.is_ascii_hexdigit()), "{line}");
        match fields[..] {
            ["package", "wheel", _, machine, _] => machines.push(machine),
            ["package", "npm" | "sdist", _, "any", _] => {}
            ["file", place, _, _] => {
                let (folder, _) = place.rsplit_once('/').unwrap();
                assert!(ignored.lines().any(|line| line == format!("/{folder}")), "{line}");
            }
            _ => panic!("neither a package nor a file: {line}"),
        }
    }
    assert_eq!(machines, ["x86_64", "aarch64"]);
}
