//! Scenarios from text in memory, without a file system.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::Scenario;
use super::diagnostic::Diagnostics;
use super::file_request::LoadError;
use super::load::LoadRequest;
use super::loader::Loader;
use super::template::load;

/// Files in memory, by path.
///
/// # Examples
///
/// A policy that extends another:
///
/// ```
/// use hpasim::scenario::{MemoryLoader, Scenario};
///
/// let mut files = MemoryLoader::default()
///     .with("base.toml", "[hpa]\nmaxReplicas = 10\n")
///     .with("twenty.toml", "extends = \"base.toml\"\n[hpa]\nmaxReplicas = 20\n")
///     .with("step.csv", "time_s,rps\n0,4\n60,40\n600,40\n");
/// let scenario = Scenario::from_loader("twenty.toml", "step.csv", &mut files)?;
/// assert_eq!(scenario.policy_name, "twenty");
/// # Ok::<(), hpasim::scenario::Diagnostics>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct MemoryLoader {
    files: BTreeMap<PathBuf, Vec<u8>>,
}

impl MemoryLoader {
    /// The same files and one more, which replaces a file with the same path.
    #[must_use]
    pub fn with(mut self, path: impl Into<PathBuf>, content: impl AsRef<[u8]>) -> Self {
        self.insert(path, content);
        self
    }

    /// Adds a file, which replaces a file with the same path.
    pub fn insert(&mut self, path: impl Into<PathBuf>, content: impl AsRef<[u8]>) {
        self.files.insert(path.into(), content.as_ref().to_vec());
    }

    /// Whether there is a file at this path.
    #[must_use]
    pub fn contains(&self, path: impl AsRef<Path>) -> bool {
        self.files.contains_key(path.as_ref())
    }
}

impl Loader for MemoryLoader {
    fn read(&mut self, path: &Path) -> Result<Vec<u8>, LoadError> {
        self.files.get(path).cloned().ok_or(LoadError::Missing)
    }
}

impl Scenario {
    /// A policy and a whole trace, without overrides, read through `loader`.
    ///
    /// [`load`] also takes overrides, a part of the trace and an engine, and returns the warnings.
    ///
    /// # Errors
    /// All faults of the files.
    pub fn from_loader(
        policy: impl AsRef<Path>,
        trace: impl AsRef<Path>,
        loader: &mut dyn Loader,
    ) -> Result<Self, Diagnostics> {
        let request = LoadRequest::new(policy.as_ref(), trace.as_ref());
        load(request, loader).map(|loaded| loaded.scenario)
    }

    /// A policy and a trace from memory, each as file name and text.
    ///
    /// The names of the policy and of the trace are the file names without their endings.
    ///
    /// # Errors
    /// All faults of the texts.
    ///
    /// # Examples
    ///
    /// ```
    /// use hpasim::Scenario;
    ///
    /// let scenario = Scenario::from_memory(
    ///     ("small.toml", "[hpa]\nmaxReplicas = 10\ntargetCPUUtilizationPercentage = 50\n"),
    ///     ("step.csv", "time_s,rps\n0,4\n60,40\n600,40\n"),
    /// )?;
    /// assert_eq!(scenario.trace_name, "step");
    /// # Ok::<(), hpasim::scenario::Diagnostics>(())
    /// ```
    pub fn from_memory(policy: (&str, &str), trace: (&str, &str)) -> Result<Self, Diagnostics> {
        let mut files = MemoryLoader::default()
            .with(policy.0, policy.1)
            .with(trace.0, trace.1);
        Self::from_loader(policy.0, trace.0, &mut files)
    }
}
