//! What is shown of a task, before its first run and after.

use std::{
    fmt::Debug,
    io,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use metrics_runtime::{Config, Format, Metrics, instrument_task, render, value};
use tests::Scrape;

use crate::{now, outcomes};

#[derive(Debug)]
struct Refused;

/// The series of a task as they are printed, sorted as they are.
fn series_of(scrape: &Scrape, task: &str) -> Vec<String> {
    let label = format!("task=\"{task}\"");
    scrape
        .text()
        .lines()
        .filter(|line| line.contains(&label))
        .map(str::to_owned)
        .collect()
}

/// The `le` labels of a task without constant labels.
fn bounds(scrape: &Scrape, task: &str) -> Vec<String> {
    let start = format!("task=\"{task}\",le=\"");
    series_of(scrape, task)
        .iter()
        .filter_map(|line| Some(line.split_once(&start)?.1.split_once('"')?.0.to_owned()))
        .collect()
}

#[test]
fn a_task_is_shown_at_zero_before_its_first_run() {
    #[expect(dead_code, reason = "shown all the same")]
    #[instrument_task(
        task = "never_runs",
        buckets = [1, 2.5],
        labels(team = "catalog", tier = "a\"b"),
        every = 3600
    )]
    fn never_runs() -> Result<(), Refused> {
        Ok(())
    }

    let labels = r#"task="never_runs""#;
    let constant = r#"team="catalog",tier="a\"b""#;
    let expected = [
        format!(r#"task_runs_total{{{labels},outcome="ok",{constant}}} 0"#),
        format!(r#"task_runs_total{{{labels},outcome="error",{constant}}} 0"#),
        format!(r#"task_runs_total{{{labels},outcome="panic",{constant}}} 0"#),
        format!(r#"task_runs_total{{{labels},outcome="cancelled",{constant}}} 0"#),
        format!(r#"task_duration_seconds_bucket{{{labels},{constant},le="1.0"}} 0"#),
        format!(r#"task_duration_seconds_bucket{{{labels},{constant},le="2.5"}} 0"#),
        format!(r#"task_duration_seconds_bucket{{{labels},{constant},le="+Inf"}} 0"#),
        format!("task_duration_seconds_sum{{{labels},{constant}}} 0"),
        format!("task_duration_seconds_count{{{labels},{constant}}} 0"),
        format!("task_inprogress{{{labels},{constant}}} 0"),
        format!(r#"task_errors_total{{{labels},error_type="Refused",{constant}}} 0"#),
        format!("task_interval_seconds{{{labels},{constant}}} 3600"),
    ];
    assert_eq!(series_of(&now(), "never_runs"), expected);
}

#[test]
fn each_family_has_its_type_once() {
    let text = render(Format::Text);
    for (family, kind) in [
        ("task_runs_total", "counter"),
        ("task_duration_seconds", "histogram"),
        ("task_inprogress", "gauge"),
        ("task_errors_total", "counter"),
        ("task_last_success_timestamp_seconds", "gauge"),
        ("task_interval_seconds", "gauge"),
    ] {
        let head = format!("# TYPE {family} {kind}");
        assert_eq!(
            text.lines().filter(|line| *line == head).count(),
            1,
            "{head}"
        );
    }
    let text = render(Format::OpenMetrics);
    for head in [
        "# TYPE task_runs counter",
        "# UNIT task_duration_seconds seconds",
        "# TYPE task_errors counter",
    ] {
        assert_eq!(
            text.lines().filter(|line| *line == head).count(),
            1,
            "{head}"
        );
    }
}

#[instrument_task]
fn named_by_its_path() {}

#[instrument_task]
fn r#type() {}

struct Nightly {
    runs: u32,
}

impl Nightly {
    #[instrument_task]
    fn named_by_its_module(&mut self) {
        self.runs += 1;
    }
}

#[test]
fn a_task_is_named_by_its_module_and_function() {
    named_by_its_path();
    r#type();
    Nightly { runs: 0 }.named_by_its_module();
    for name in ["named_by_its_path", "type", "named_by_its_module"] {
        let task = format!("{}::{name}", module_path!());
        assert_eq!(task, format!("tasks::tasks::families::{name}"));
        assert_eq!(outcomes(&task), [1.0, 0.0, 0.0, 0.0]);
    }
}

#[test]
fn tasks_of_one_name_share_their_series() {
    #[instrument_task(task = "shared", buckets = [1.0, 3.0], every = 60.0)]
    fn one() -> io::Result<()> {
        Ok(())
    }

    #[instrument_task(task = "shared", buckets = [2.0, 3.0], every = 30.0)]
    async fn another() -> Result<(), Refused> {
        Err(Refused)
    }

    #[instrument_task(task = "shared", labels(team = "catalog"))]
    fn apart() {}

    assert!(one().is_ok());
    assert!(actix_web::rt::System::new().block_on(another()).is_err());
    apart();
    assert_eq!(outcomes("shared"), [1.0, 1.0, 0.0, 0.0]);
    let scrape = now();
    for (series, expected) in [
        (
            r#"task_runs_total{task="shared",outcome="ok",team="catalog"}"#,
            1.0,
        ),
        (
            r#"task_errors_total{task="shared",error_type="Error"}"#,
            0.0,
        ),
        (
            r#"task_errors_total{task="shared",error_type="Refused"}"#,
            1.0,
        ),
        (r#"task_interval_seconds{task="shared"}"#, 30.0),
    ] {
        assert_eq!(scrape.value(series), expected, "{series}");
    }
    assert_eq!(bounds(&scrape, "shared"), ["1.0", "2.0", "3.0", "+Inf"]);
}

#[test]
fn buckets_are_the_default_and_the_thresholds() {
    #[instrument_task(task = "default_buckets")]
    fn default_buckets() {
        std::thread::sleep(Duration::from_millis(110));
    }

    #[instrument_task(task = "threshold", slo(availability = 99, duration = (45.0, 95.5)))]
    fn threshold() {}

    default_buckets();
    threshold();
    let scrape = now();
    let default = [
        "0.1", "0.25", "0.5", "1.0", "2.5", "5.0", "10.0", "30.0", "60.0", "120.0", "300.0",
        "600.0", "+Inf",
    ];
    assert_eq!(bounds(&scrape, "default_buckets"), default);
    let mut with_threshold = default.to_vec();
    with_threshold.insert(8, "45.0");
    assert_eq!(bounds(&scrape, "threshold"), with_threshold);

    let of = |series: &str| scrape.value(series);
    assert_eq!(
        of(r#"task_duration_seconds_bucket{task="default_buckets",le="0.1"}"#),
        0.0
    );
    assert_eq!(
        of(r#"task_duration_seconds_bucket{task="default_buckets",le="+Inf"}"#),
        1.0
    );
    let sum = of(r#"task_duration_seconds_sum{task="default_buckets"}"#);
    assert!((0.11..5.0).contains(&sum), "{sum}");
}

#[test]
fn the_last_success_is_a_time_of_day_that_failures_leave_alone() {
    #[instrument_task(task = "last_success")]
    fn last_success(fail: bool) -> Result<(), Refused> {
        if fail { Err(Refused) } else { Ok(()) }
    }

    let shown = || now().get(r#"task_last_success_timestamp_seconds{task="last_success"}"#);
    assert_eq!(shown(), None);
    assert!(last_success(true).is_err());
    assert_eq!(shown(), None);
    assert!(last_success(false).is_ok());
    let first = shown().expect("it succeeded");
    let time = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    assert!((time.as_secs_f64() - first).abs() < 1.0, "{first}");
    std::thread::sleep(Duration::from_millis(10));
    assert!(last_success(true).is_err());
    assert_eq!(shown(), Some(first));
    assert!(last_success(false).is_ok());
    assert!(shown() > Some(first), "{:?}", shown());
}

mod errors {
    #[derive(Debug)]
    pub(super) struct Refused;
}

#[test]
fn errors_are_counted_by_type() {
    #[instrument_task(task = "errors_path")]
    fn path() -> Result<(), self::errors::Refused> {
        Err(errors::Refused)
    }

    #[instrument_task(task = "errors_alias")]
    fn alias() -> io::Result<()> {
        Err(io::ErrorKind::NotFound.into())
    }

    #[instrument_task(task = "errors_boxed")]
    fn boxed() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        Err("refused".into())
    }

    #[instrument_task(task = "errors_of_a_result")]
    fn plain() -> Result<Result<(), Refused>, String> {
        Ok(Err(Refused))
    }

    #[instrument_task(task = "errors_generic")]
    fn generic<E>(error: E) -> Result<(), E> {
        Err(error)
    }

    struct Of<E>(E);
    impl<E: Clone> Of<E> {
        #[instrument_task(task = "errors_generic_impl")]
        fn fail(&self) -> Result<(), E> {
            Err(self.0.clone())
        }

        #[instrument_task(task = "errors_self")]
        fn into_error(self) -> Result<(), Self> {
            Err(self)
        }
    }

    let errors = |task: &str| -> Vec<(String, String)> {
        series_of(&now(), task)
            .iter()
            .filter_map(|line| line.split_once("error_type=\""))
            .map(|(_, rest)| rest.rsplit_once("\"} ").expect("a value"))
            .map(|(error, count)| (error.to_owned(), count.to_owned()))
            .collect()
    };
    let one = |error: &str, count: &str| vec![(error.to_owned(), count.to_owned())];
    for (task, error) in [
        ("errors_path", "Refused"),
        ("errors_alias", "Error"),
        ("errors_boxed", "Box<dyn Error + Send + Sync>"),
        ("errors_of_a_result", "String"),
    ] {
        assert_eq!(errors(task), one(error, "0"));
    }
    for task in ["errors_generic", "errors_generic_impl", "errors_self"] {
        assert_eq!(errors(task), [], "{task}: no type is known yet");
    }

    assert!(path().is_err());
    assert!(alias().is_err());
    assert!(boxed().is_err());
    assert!(plain().is_ok());
    assert!(generic(Refused).is_err());
    assert!(generic(errors::Refused).is_err());
    assert!(generic(7_u8).is_err());
    assert!(Of("text").fail().is_err());
    assert!(Of("text").into_error().is_err());
    assert_eq!(errors("errors_path"), one("Refused", "1"));
    assert_eq!(errors("errors_alias"), one("Error", "1"));
    assert_eq!(
        errors("errors_boxed"),
        one("Box<dyn Error + Send + Sync>", "1")
    );
    assert_eq!(errors("errors_of_a_result"), one("String", "0"));
    let mut both = one("Refused", "2");
    both.extend(one("u8", "1"));
    assert_eq!(errors("errors_generic"), both);
    assert_eq!(errors("errors_generic_impl"), one("&str", "1"));
    assert_eq!(errors("errors_self"), one("Of<&str>", "1"));
}

#[test]
fn one_value_can_be_read() {
    #[instrument_task(task = "read_back")]
    fn read_back() {}

    read_back();
    let ok = [("outcome", "ok"), ("task", "read_back")];
    assert_eq!(value("task_runs_total", &ok), Some(1.0));
    let bucket = [("task", "read_back"), ("le", "0.1")];
    assert_eq!(value("task_duration_seconds_bucket", &bucket), Some(1.0));
    assert_eq!(
        value("task_interval_seconds", &[("task", "read_back")]),
        None
    );
}

#[test]
fn metrics_of_an_app_show_no_tasks() {
    let metrics = Metrics::new(Config::builder().build().unwrap()).unwrap();
    assert!(!metrics.render(Format::Text).contains("task_"));
}
