//! One 640 × 480 frame, JPEG to evidence, beside the bare model runs and the Python reference.
fn main() {}
