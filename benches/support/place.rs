//! A box of a bench: its configuration in a scratch folder.

#![expect(clippy::unwrap_used, reason = "a bench may stop")]

use std::path::{Path, PathBuf};

/// Writes the configuration of a box into `folder`; `camera` is added to the camera's table.
pub fn configure(folder: &Path, camera: &str) -> PathBuf {
    let path = folder.join("canteend.toml");
    let root = env!("CARGO_MANIFEST_DIR");
    let text = format!(
        "[site]\ndevice = \"bench-box\"\nname = \"bench\"\ncounty = \"c\"\nstreet = \"s\"\n\
         area = \"urban\"\nbuilt = \"new\"\nopened = \"2025-03-01\"\ntest_box = true\n\
         [paths]\nstate = \"state\"\nmodels = \"{root}/models\"\n\
         rules = \"{root}/config/rules/lcetdz-2022.toml\"\n\
         [kiosk]\nlisten = \"127.0.0.1:0\"\n\
         [camera]\nsource = \"replay\"\n{camera}\n"
    );
    std::fs::write(&path, text).unwrap();
    path
}
