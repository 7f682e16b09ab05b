//! A file that its readers see whole.

use std::{
    env, fs,
    io::ErrorKind,
    path::{Path, PathBuf},
    process,
    sync::atomic::{AtomicBool, Ordering::SeqCst},
    thread,
};

use metrics_runtime::{Format, prometheus::IntGauge, registry, render, write_textfile};
use tests::Scrape;

use crate::run_alone;

/// A folder of a test's own, removed at its end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = env::temp_dir().join(format!("metrics-{}-{name}", process::id()));
        fs::create_dir(&path).expect("a folder can be made");
        Self(path)
    }

    fn join(&self, name: impl AsRef<Path>) -> PathBuf {
        self.0.join(name)
    }

    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.0).expect("it is there");
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.collect()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn gauge(name: &str) -> IntGauge {
    let gauge = IntGauge::new(name, "A test's.").unwrap();
    registry().register(Box::new(gauge.clone())).unwrap();
    gauge
}

#[test]
fn a_reader_never_sees_half_of_a_file() {
    const WRITES: i64 = 1000;
    let folder = Folder::new("whole");
    let path = folder.join("whole.prom");
    // The registry is gathered in the order of names: one of these comes first of all, the other last.
    let (first, last) = (gauge("a_first"), gauge("z_last"));
    write_textfile(&path).unwrap();
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let (mut reads, mut seen) = (0, 0.0);
            while !done.load(SeqCst) {
                let text = fs::read_to_string(&path).expect("it is always there");
                assert!(text.ends_with('\n'), "{text}");
                let scrape = Scrape::new(text);
                let value = scrape.value("a_first");
                assert_eq!(scrape.value("z_last"), value);
                assert!(value >= seen);
                seen = value;
                reads += 1;
            }
            reads
        });
        for number in 1..=WRITES {
            first.set(number);
            last.set(number);
            write_textfile(&path).unwrap();
        }
        done.store(true, SeqCst);
        let reads: u32 = reader.join().expect("every file was whole");
        assert!(reads > 10, "{reads} reads");
    });
    assert_eq!(folder.names(), ["whole.prom"]);
}

#[test]
fn the_metrics_of_the_process_are_left_out() {
    let folder = Folder::new("process");
    let path = folder.join("job.prom");
    gauge("process_of_orders");
    write_textfile(&path).unwrap();
    let of_process = |text: String| -> Vec<String> {
        let names = text
            .lines()
            .filter_map(|line| line.strip_prefix("# TYPE process_"));
        names.map(str::to_owned).collect()
    };
    let shown = of_process(render(Format::Text));
    assert!(
        shown.contains(&"cpu_seconds_total counter".to_owned()),
        "{shown:?}"
    );
    assert_eq!(
        of_process(fs::read_to_string(path).unwrap()),
        ["of_orders gauge"]
    );
}

#[test]
fn names_that_the_collector_does_not_read_are_refused() {
    let folder = Folder::new("names");
    for name in ["job", "job.txt", "job.prom.bak", ".prom", "job.PROM"] {
        let error = write_textfile(folder.join(name)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{name}");
        let path = folder.join(name);
        assert_eq!(
            error.to_string(),
            format!(
                "{}: the textfile collector reads names that end in `.prom`",
                path.display()
            )
        );
    }
    assert!(folder.names().is_empty());
}

#[test]
fn a_failed_write_leaves_nothing_behind() {
    let folder = Folder::new("failed");
    let path = folder.join("absent/job.prom");
    let error = write_textfile(&path).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(
        error
            .to_string()
            .starts_with(&format!("{}: ", path.display())),
        "{error}"
    );

    let path = folder.join("folder.prom");
    fs::create_dir(&path).unwrap();
    assert!(write_textfile(&path).is_err());
    assert_eq!(folder.names(), ["folder.prom"]);
}

#[test]
fn disabled_metrics_are_not_written() {
    run_alone("workers::textfile::disabled", &[("ENABLE_METRICS", "no")]);
}

#[test]
#[ignore = "run by another, with an environment"]
fn disabled() {
    let folder = Folder::new("disabled");
    write_textfile(folder.join("job.prom")).unwrap();
    assert!(folder.names().is_empty());
}
