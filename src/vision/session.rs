//! Verified model files and their ONNX Runtime sessions.
//!
//! 1. The bytes that are hashed are the bytes that are loaded; a file that changes in between
//!    cannot slip past its hash.
//! 2. A session has one input and the outputs of its family, checked before the first frame.
//! 3. A model runs on the calling thread alone.
//! 4. A process loads one ONNX Runtime library, once.
//!
//! It knows shapes, not faces.

use super::error::VisionError;
use super::manifest::{FileName, Input, Manifest, Sha256};
use ort::environment::Environment;
use ort::logging::LogLevel;
use ort::memory::Allocator;
use ort::session::{Session, SessionInputValue, SessionOutputs};
use ort::value::{Tensor, TensorElementType};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// Most bytes of a model file.
const MODEL_BYTES_MAX: u64 = 512 * 1024 * 1024;

/// The library that this process has loaded, and its environment.
static RUNTIME: Mutex<Option<(PathBuf, Environment)>> = Mutex::new(None);

/// Finds the ONNX Runtime library in `models_dir/runtime` and loads it, if it is not yet.
///
/// # Errors
/// [`VisionError::Runtime`] where there is none, where it cannot be loaded or is too old;
/// [`VisionError::SecondRuntime`] where the process has already loaded another one.
pub(super) fn runtime(models_dir: &Path, library: &FileName) -> Result<Environment, VisionError> {
    let path = find_library(&models_dir.join("runtime"), library.as_str())?;
    let failed = |reason: String| VisionError::Runtime { path: path.clone(), reason };
    let path_real = path.canonicalize().map_err(|e| failed(e.to_string()))?;
    let mut loaded = RUNTIME.lock().unwrap_or_else(PoisonError::into_inner);
    match &*loaded {
        Some((other, environment)) if *other == path_real => Ok(environment.clone()),
        Some((other, _)) => {
            Err(VisionError::SecondRuntime { path: path_real, loaded: other.clone() })
        }
        None => {
            let environment = ort::init_from(&path_real)
                .map_err(|e| failed(e.to_string()))?
                .with_name(env!("CARGO_PKG_NAME"))
                .with_telemetry(false)
                .build()
                .map_err(|e| failed(e.to_string()))?;
            environment.set_log_level(LogLevel::Error);
            *loaded = Some((path_real, environment.clone()));
            Ok(environment)
        }
    }
}

/// The file named `library`, or the one whose name continues it with a version.
fn find_library(folder: &Path, library: &str) -> Result<PathBuf, VisionError> {
    let failed = |reason: String| VisionError::Runtime { path: folder.to_owned(), reason };
    let entries = std::fs::read_dir(folder).map_err(|e| failed(e.to_string()))?;
    let versioned = format!("{library}.");
    entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| {
            let name = path.file_name().and_then(|n| n.to_str());
            name.is_some_and(|n| n == library || n.starts_with(&versioned))
        })
        .min()
        .ok_or_else(|| failed(format!("no {library} in this folder")))
}

/// A loaded model with its input tensor, which is written in place for each run.
pub(super) struct Model {
    path: PathBuf,
    session: Session,
    input: Tensor<f32>,
}

impl Model {
    /// Reads the file from `models_dir/pack`, checks its hash, and makes a session of it.
    ///
    /// # Errors
    /// [`VisionError::Missing`], [`VisionError::Hash`], or [`VisionError::Model`] where the model
    /// does not load or does not take `input`.
    pub(super) fn load(
        environment: &Environment,
        models_dir: &Path,
        file: &FileName,
        sha256: Sha256,
        input: &Input,
    ) -> Result<Self, VisionError> {
        let path = Manifest::path(models_dir, file);
        let bytes = read_verified(&path, sha256)?;
        let failed = |reason: String| VisionError::Model { path: path.clone(), reason };
        let session = open(environment, &bytes).map_err(|e| failed(e.to_string()))?;
        let [taken] = session.inputs() else {
            return Err(failed(format!("{} inputs; one is expected", session.inputs().len())));
        };
        let dtype = taken.dtype();
        let shape = dtype.tensor_shape().map(|s| s.to_vec()).unwrap_or_default();
        let expected = input.shape();
        if dtype.tensor_type() != Some(TensorElementType::Float32) || !fits(&shape, &expected) {
            return Err(failed(format!("input is {shape:?} of {dtype}, not {expected:?} floats")));
        }
        let input = Tensor::<f32>::new(&Allocator::default(), expected)
            .map_err(|e| failed(e.to_string()))?;
        Ok(Model { path, session, input })
    }

    /// Positions of the named outputs, in the order given, each checked to be a float tensor of
    /// the shape beside its name.
    ///
    /// # Errors
    /// [`VisionError::Model`] where one is missing or has another shape.
    pub(super) fn outputs(&self, expected: &[(&str, &[i64])]) -> Result<Vec<usize>, VisionError> {
        let found = self.session.outputs();
        expected
            .iter()
            .map(|(name, shape)| {
                let at = found
                    .iter()
                    .position(|o| o.name() == *name)
                    .ok_or_else(|| self.misfit(format!("it has no output `{name}`")))?;
                self.check_output(at, shape)?;
                Ok(at)
            })
            .collect()
    }

    /// Checks that output number `at` is a float tensor of `shape`.
    ///
    /// # Errors
    /// [`VisionError::Model`] where it is not.
    pub(super) fn check_output(&self, at: usize, shape: &[i64]) -> Result<(), VisionError> {
        let Some(output) = self.session.outputs().get(at) else {
            return Err(self.misfit(format!("it has no output number {}", at + 1)));
        };
        let found = output.dtype().tensor_shape().map(|s| s.to_vec()).unwrap_or_default();
        let float = output.dtype().tensor_type() == Some(TensorElementType::Float32);
        if float && fits(&found, shape) {
            Ok(())
        } else {
            Err(self.misfit(format!("output `{}` is {found:?}, not {shape:?}", output.name())))
        }
    }

    /// The model's file.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The input's values, channel by channel, row by row.
    pub(super) fn input(&mut self) -> &mut [f32] {
        self.input.extract_tensor_mut().1
    }

    /// Runs the model on what its input holds.
    ///
    /// # Errors
    /// [`VisionError::Run`].
    pub(super) fn run(&mut self) -> Result<SessionOutputs<'_>, VisionError> {
        let Model { path, session, input } = self;
        session
            .run([SessionInputValue::from(&*input)])
            .map_err(|source| VisionError::Run { model: path.clone(), source })
    }

    /// Runs the model and makes sure that its first output holds `count` values, which a model
    /// with open dimensions does not promise beforehand.
    ///
    /// # Errors
    /// [`VisionError::Run`], or [`VisionError::Model`] where it holds another number.
    pub(super) fn run_for(&mut self, count: usize) -> Result<SessionOutputs<'_>, VisionError> {
        let Model { path, session, input } = self;
        let outputs = session
            .run([SessionInputValue::from(&*input)])
            .map_err(|source| VisionError::Run { model: path.clone(), source })?;
        let found = values(&outputs, 0).len();
        if found == count {
            return Ok(outputs);
        }
        let reason = format!("it answered with {found} values, not {count}");
        Err(VisionError::Model { path: path.clone(), reason })
    }

    /// An error that says that this model is not of its family.
    pub(super) fn misfit(&self, reason: String) -> VisionError {
        VisionError::Model { path: self.path.clone(), reason }
    }
}

/// The values of output number `at`; none where it holds no floats.
pub(super) fn values<'o>(outputs: &'o SessionOutputs<'_>, at: usize) -> &'o [f32] {
    outputs[at].try_extract_tensor::<f32>().map_or(&[], |(_, values)| values)
}

/// Whether a shape of a model (−1 where it is open) allows `expected`.
fn fits(shape: &[i64], expected: &[i64]) -> bool {
    shape.len() == expected.len() && shape.iter().zip(expected).all(|(s, e)| *s == -1 || s == e)
}

fn open(environment: &Environment, bytes: &[u8]) -> ort::Result<Session> {
    Session::builder(environment)?
        .with_intra_threads(1)?
        .with_inter_threads(1)?
        .with_intra_op_spinning(false)?
        .with_inter_op_spinning(false)?
        .commit_from_memory(bytes)
}

fn read_verified(path: &Path, expected: Sha256) -> Result<Vec<u8>, VisionError> {
    let missing = |source| VisionError::Missing { path: path.to_owned(), source };
    let size = std::fs::metadata(path).map_err(missing)?.len();
    if size > MODEL_BYTES_MAX {
        return Err(VisionError::Model {
            path: path.to_owned(),
            reason: format!("{size} bytes; at most {MODEL_BYTES_MAX} are expected"),
        });
    }
    let bytes = std::fs::read(path).map_err(missing)?;
    let digest = ring::digest::digest(&ring::digest::SHA256, &bytes);
    if digest.as_ref() == expected.0 {
        Ok(bytes)
    } else {
        let found = digest.as_ref().iter().map(|b| format!("{b:02x}")).collect();
        let (path, expected) = (path.to_owned(), expected.to_string());
        Err(VisionError::Hash { path, found, expected })
    }
}
