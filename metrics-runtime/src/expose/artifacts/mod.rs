//! Files that are generated from what a program measures, and kept beside its code.

mod dashboard;
mod diff;
mod grafana;
mod json;
mod listing;
#[cfg(test)]
mod tests;

use std::{
    env,
    error::Error,
    fmt::{self, Write},
    fs, io,
    path::{Path, PathBuf},
};

use super::Catalogue;
use crate::error::ConfigError;

/// Rewrites the files in [`Artifacts::check`] when it is `1`.
const UPDATE: &str = "UPDATE_ARTIFACTS";

/// A catalogue of an `App`'s metrics in JSON and Markdown, and a Grafana dashboard; made by
/// [`artifacts`](crate::artifacts).
///
/// | file | what it has |
/// |---|---|
/// | `catalogue.json` | every family: type, unit, help text, labels with their values, number of series; every objective |
/// | `catalogue.md` | the same to read |
/// | `dashboard.json` | a panel for every objective, business metric and task |
///
/// The files have the same bytes in every run of the same code, on any machine: nothing that was counted goes in, and no
/// label value that requests bring up.
#[derive(Debug, Clone)]
pub struct Artifacts {
    files: [(&'static str, String); 3],
}

impl Artifacts {
    pub(crate) fn new(mut catalogue: Catalogue) -> Self {
        catalogue.sort();
        Self {
            files: [
                ("catalogue.md", listing::markdown(&catalogue)),
                ("catalogue.json", listing::json(&catalogue)),
                ("dashboard.json", dashboard::json(&catalogue)),
            ],
        }
    }

    /// Writes the files into a folder, which is made if it is not there.
    ///
    /// # Errors
    /// [`ArtifactsError::File`] if the folder cannot be made or a file not be written; those before it are written.
    pub fn write(&self, folder: impl AsRef<Path>) -> Result<(), ArtifactsError> {
        let folder = folder.as_ref();
        fs::create_dir_all(folder).map_err(at(folder))?;
        for (name, text) in &self.files {
            let path = folder.join(name);
            fs::write(&path, text).map_err(at(&path))?;
        }
        Ok(())
    }

    /// Compares the files of a folder with these; with `UPDATE_ARTIFACTS=1` in the environment, writes them instead.
    ///
    /// # Errors
    /// [`ArtifactsError::Differs`] if a file is missing or has other bytes, with the lines in which the first one differs;
    /// [`ArtifactsError::File`] if one cannot be read.
    pub fn check(&self, folder: impl AsRef<Path>) -> Result<(), ArtifactsError> {
        let folder = folder.as_ref();
        if env::var_os(UPDATE).is_some_and(|value| value == "1") {
            return self.write(folder);
        }
        let mut report = String::new();
        for (name, text) in &self.files {
            let path = folder.join(name);
            let found = match fs::read_to_string(&path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => None,
                found => Some(found.map_err(at(&path))?),
            };
            let difference = match found {
                Some(found) if found == *text => continue,
                None => "is missing".to_owned(),
                // The other files change with the catalogue: one difference is read, and not three.
                Some(_) if !report.is_empty() => "differs, too".to_owned(),
                Some(found) if found.lines().eq(text.lines()) => {
                    "differs in the ends of its lines".to_owned()
                }
                Some(found) => format!("differs:\n{}", diff::diff(&found, text).trim_end()),
            };
            writeln!(report, "{} {difference}", path.display())
                .expect("a String takes every write");
        }
        if report.is_empty() {
            Ok(())
        } else {
            Err(ArtifactsError::Differs(report))
        }
    }
}

/// Why there are no [`Artifacts`], or why a folder does not have them.
///
/// Its `Debug` text is its `Display` text: a test that returns it, or unwraps a result with it, prints a diff that can be
/// read.
#[non_exhaustive]
pub enum ArtifactsError {
    /// Metrics are off: `ENABLE_METRICS`, or [`enabled`](crate::ConfigBuilder::enabled).
    Disabled,
    /// [`init`](crate::init) was not called and the environment is invalid.
    Config(ConfigError),
    /// The `App` answered with an error, which does not lead to its routes; or its routes cannot be read. With the reason.
    App(String),
    /// A file or folder cannot be read or written.
    File(PathBuf, io::Error),
    /// Files are not what the code says. With the lines in which the first of them differs: `-` is in the file, `+` in the
    /// code.
    Differs(String),
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> ArtifactsError {
    move |error| ArtifactsError::File(path.to_owned(), error)
}

impl fmt::Display for ArtifactsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Disabled => f.write_str("metrics are off, so there is nothing to describe"),
            Self::Config(error) => error.fmt(f),
            Self::App(reason) => write!(f, "the routes of the app cannot be read: {reason}"),
            Self::File(path, error) => write!(f, "{}: {error}", path.display()),
            Self::Differs(report) => write!(
                f,
                "generated files differ from the code; {UPDATE}=1 rewrites them\n{report}"
            ),
        }
    }
}

impl fmt::Debug for ArtifactsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Error for ArtifactsError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Config(error) => Some(error),
            Self::File(_, error) => Some(error),
            _ => None,
        }
    }
}

impl From<ConfigError> for ArtifactsError {
    fn from(error: ConfigError) -> Self {
        Self::Config(error)
    }
}
