//! What `task_slo_*` counts, and for which tasks.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    thread,
    time::Duration,
};

use actix_web::rt;
use metrics_runtime::{Format, instrument_task, render};

use crate::{now, outcomes};

/// The samples of a task's objectives, as they are printed.
fn shown(task: &str) -> Vec<String> {
    let label = format!("{{task=\"{task}\",");
    let text = render(Format::Text);
    let of_task = |line: &&str| line.starts_with("task_slo_") && line.contains(&label);
    text.lines().filter(of_task).map(str::to_owned).collect()
}

/// Events and errors of an objective.
fn counted(task: &str, objective: &str) -> [f64; 2] {
    let scrape = now();
    ["events", "errors"].map(|name| {
        let family = format!("task_slo_{name}_total");
        scrape.value(&format!(
            r#"{family}{{task="{task}",objective="{objective}"}}"#
        ))
    })
}

#[test]
fn objectives_are_shown_at_zero_before_the_first_run() {
    #[expect(dead_code, reason = "shown all the same")]
    #[instrument_task(
        task = "objective_never_runs",
        labels(team = "catalog"),
        slo(availability = 99.95, duration = (60, 95))
    )]
    fn never_runs() {}

    let labels = |objective: &str| {
        format!(r#"{{task="objective_never_runs",objective="{objective}",team="catalog"}}"#)
    };
    let (availability, duration) = (labels("availability"), labels("duration"));
    assert_eq!(
        shown("objective_never_runs"),
        [
            format!("task_slo_objective_ratio{availability} 0.9995"),
            format!("task_slo_objective_ratio{duration} 0.95"),
            format!("task_slo_events_total{availability} 0"),
            format!("task_slo_events_total{duration} 0"),
            format!("task_slo_errors_total{availability} 0"),
            format!("task_slo_errors_total{duration} 0"),
        ]
    );
    let text = render(Format::Text);
    for head in [
        "# TYPE task_slo_objective_ratio gauge",
        "# TYPE task_slo_events_total counter",
        "# TYPE task_slo_errors_total counter",
    ] {
        let heads = text.lines().filter(|line| *line == head).count();
        assert_eq!(heads, 1, "{head}");
    }
}

#[test]
fn a_task_without_objectives_has_no_sample() {
    #[instrument_task(task = "objective_none")]
    fn none() {}

    // The bucket that ends at the threshold has good runs.
    #[instrument_task(
        task = "objective_only_duration",
        buckets = [600],
        slo(duration = (600, 99))
    )]
    fn only_duration() {}

    none();
    only_duration();
    assert_eq!(shown("objective_none"), [""; 0]);
    let labels = r#"{task="objective_only_duration",objective="duration"}"#;
    assert_eq!(
        shown("objective_only_duration"),
        [
            format!("task_slo_objective_ratio{labels} 0.99"),
            format!("task_slo_events_total{labels} 1"),
            format!("task_slo_errors_total{labels} 0"),
        ]
    );
}

#[test]
fn a_cancelled_run_counts_for_duration_alone() {
    #[instrument_task(
        task = "objective_outcomes",
        slo(availability = 99, duration = (600, 99))
    )]
    async fn every_end(end: &str) -> Result<(), String> {
        match end {
            "error" => Err("refused".to_owned()),
            "panic" => panic!("tasks do"),
            "cancelled" => std::future::pending().await,
            _ => Ok(()),
        }
    }

    rt::System::new().block_on(async {
        for _ in 0..4 {
            assert!(every_end("ok").await.is_ok());
        }
        for _ in 0..2 {
            assert!(every_end("error").await.is_err());
        }
        assert!(rt::spawn(every_end("panic")).await.is_err());
        for _ in 0..3 {
            let run = rt::time::timeout(Duration::from_millis(1), every_end("cancelled"));
            assert!(run.await.is_err());
        }
    });
    assert_eq!(outcomes("objective_outcomes"), [4.0, 2.0, 1.0, 3.0]);
    assert_eq!(counted("objective_outcomes", "availability"), [7.0, 3.0]);
    assert_eq!(counted("objective_outcomes", "duration"), [10.0, 0.0]);
}

#[test]
fn every_outcome_may_be_too_slow() {
    // No bucket of the defaults, so the threshold is one more; and one of a list.
    #[instrument_task(task = "objective_slow", slo(duration = (0.03, 90)))]
    fn slow(pause: Duration, fail: bool) {
        thread::sleep(pause);
        assert!(!fail, "tasks do");
    }

    #[instrument_task(
        task = "objective_slow_listed",
        buckets = [0.03, 600],
        slo(duration = (0.03, 90))
    )]
    fn listed(pause: Duration) -> Result<(), ()> {
        thread::sleep(pause);
        Err(())
    }

    let pause = Duration::from_millis(31);
    slow(pause, false);
    assert!(catch_unwind(AssertUnwindSafe(|| slow(pause, true))).is_err());
    assert!(listed(pause).is_err());
    assert_eq!(counted("objective_slow", "duration"), [2.0, 2.0]);
    assert_eq!(counted("objective_slow_listed", "duration"), [1.0, 1.0]);
    let at_most = |le: &str| {
        now().value(&format!(
            r#"task_duration_seconds_bucket{{task="objective_slow",le="{le}"}}"#
        ))
    };
    assert_eq!(at_most("0.03"), 0.0);
    assert_eq!(at_most("+Inf"), 2.0);
}

#[test]
fn of_tasks_of_one_name_the_strictest_objective_holds() {
    #[instrument_task(
        task = "objective_shared",
        slo(availability = 99, duration = (60, 99))
    )]
    fn loose() {}

    #[instrument_task(
        task = "objective_shared",
        slo(availability = 99.9, duration = (0.2, 99))
    )]
    fn strict() {
        thread::sleep(Duration::from_millis(201));
    }

    #[instrument_task(task = "objective_shared", slo(duration = (0.1, 95)))]
    fn another() {}

    #[instrument_task(task = "objective_shared")]
    fn none() {}

    loose();
    strict();
    another();
    none();
    let ratio = |objective: &str| {
        now().value(&format!(
            r#"task_slo_objective_ratio{{task="objective_shared",objective="{objective}"}}"#
        ))
    };
    assert_eq!(ratio("availability"), 0.999);
    assert_eq!(ratio("duration"), 0.99);
    assert_eq!(counted("objective_shared", "availability"), [4.0, 0.0]);
    assert_eq!(counted("objective_shared", "duration"), [4.0, 1.0]);
}
