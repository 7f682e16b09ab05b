//! Metrics as a file, for the textfile collector of Prometheus' `node_exporter`.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
    process,
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
};

use crate::{
    expose::{self, Format, Source},
    instance::{self, Inner},
    metric::{Descriptor, Encoder, Value},
};

/// Metrics of a process, which `node_exporter` has of itself under these names and would refuse twice.
const PROCESS: [&str; 7] = [
    "process_cpu_seconds_total",
    "process_max_fds",
    "process_open_fds",
    "process_resident_memory_bytes",
    "process_start_time_seconds",
    "process_threads",
    "process_virtual_memory_bytes",
];

/// Writes the process-wide metrics to a file for the textfile collector of `node_exporter`: for a cron job, which is gone
/// when Prometheus scrapes.
///
/// The text is in the format of Prometheus, version 0.0.4, without the metrics of the process (`process_cpu_seconds_total`
/// and its like). A reader sees the file as it was or as it is now, never half of it: the text is written to another file
/// in the same folder, synced, and renamed. With `ENABLE_METRICS=false` nothing is written.
///
/// # Errors
/// If the file's name does not end in `.prom`, which is what the collector reads; if the file system refuses, with the
/// path in the text, in which case the file is as it was; or if [`init`](crate::init) was not called and the environment
/// is invalid.
///
/// ```
/// let path = std::env::temp_dir().join("import.prom");
/// metrics_runtime::write_textfile(&path)?;
/// assert!(std::fs::read_to_string(&path)?.contains("# TYPE http_requests_total counter\n"));
/// # std::fs::remove_file(path)?;
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn write_textfile(path: impl AsRef<Path>) -> io::Result<()> {
    let path = path.as_ref();
    let about =
        |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", path.display()));
    if path.extension().is_none_or(|extension| extension != "prom") {
        let text = "the textfile collector reads names that end in `.prom`";
        return Err(about(io::Error::new(io::ErrorKind::InvalidInput, text)));
    }
    let metrics =
        instance::global().map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
    if !metrics.config().enabled {
        return Ok(());
    }
    let text = expose::render(&WithoutProcess(metrics.0), Format::Text, || {});
    replace(path, text.as_bytes()).map_err(about)
}

/// Writes a file that its readers see whole, before and after.
fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let temporary = temporary(path);
    let written = write_synced(&temporary, content).and_then(|()| fs::rename(&temporary, path));
    if written.is_err() {
        // It may not be there; the first error says more.
        let _ = fs::remove_file(&temporary);
    }
    written
}

/// A name beside the file, which the collector does not read, and which no other writer uses.
fn temporary(path: &Path) -> PathBuf {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let number = NEXT.fetch_add(1, Relaxed);
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}-{number}.tmp", process::id()));
    path.with_file_name(name)
}

fn write_synced(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut file = File::create_new(path)?;
    file.write_all(content)?;
    file.sync_all()
}

/// All metrics but those of the process.
struct WithoutProcess(&'static Inner);

impl Source for WithoutProcess {
    fn encode<E: Encoder>(&self, encoder: &mut E) {
        self.0.encode(&mut Filter {
            encoder,
            skips: false,
        });
    }

    fn encode_own<E: Encoder>(&self, encoder: &mut E) {
        self.0.encode_own(encoder);
    }
}

struct Filter<'a, E> {
    encoder: &'a mut E,
    /// The family at hand.
    skips: bool,
}

impl<E: Encoder> Encoder for Filter<'_, E> {
    fn family(&mut self, descriptor: &Descriptor) {
        self.skips = PROCESS.contains(&descriptor.name.as_str());
        if !self.skips {
            self.encoder.family(descriptor);
        }
    }

    fn sample_at(&mut self, labels: &[&str], value: Value<'_>, timestamp: Option<i64>) {
        if !self.skips {
            self.encoder.sample_at(labels, value, timestamp);
        }
    }
}
