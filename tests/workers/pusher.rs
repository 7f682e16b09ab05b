//! What a pusher sends, how often, and what it makes of the answers.

use std::{
    cell::Cell,
    collections::HashMap,
    sync::mpsc,
    time::{Duration, Instant},
};

use metrics_runtime::{
    PushError, Pusher, instrument_task,
    prometheus::{
        IntCounter, IntCounterVec, Opts,
        core::{Collector, Desc},
        proto::MetricFamily,
    },
    registry,
};
use tests::Scrape;

use super::{
    executors::EXECUTORS,
    gateway::{Answer, Gateway},
};
use crate::run_alone;

fn counter(name: &str) -> IntCounter {
    let counter = IntCounter::new(name, "A test's.").unwrap();
    registry().register(Box::new(counter.clone())).unwrap();
    counter
}

#[test]
fn each_operation_is_one_request() {
    let gateway = Gateway::start([]);
    let counter = counter("operations_test_total");
    counter.inc_by(3);
    let pusher = gateway
        .builder("a job")
        .grouping("path", "/var/spool")
        .grouping("shard", "1")
        .build()
        .unwrap();
    for (operation, method) in [
        (Pusher::push_blocking as fn(&Pusher) -> _, "PUT"),
        (Pusher::push_add_blocking, "POST"),
        (Pusher::delete_blocking, "DELETE"),
    ] {
        operation(&pusher).unwrap();
        let received = gateway.received();
        assert_eq!(received.method, method);
        assert_eq!(
            received.path,
            "/metrics/job/a%20job/path@base64/L3Zhci9zcG9vbA/shard/1"
        );
        assert_eq!(received.headers.get("authorization"), None);
        if method == "DELETE" {
            assert_eq!(received.body, "");
        } else {
            assert_eq!(
                received.headers["content-type"],
                "text/plain; version=0.0.4; charset=utf-8"
            );
            let scrape = Scrape::new(received.body);
            assert_eq!(scrape.get("operations_test_total"), Some(3.0));
        }
    }
    assert_eq!(gateway.others(), 0);
}

#[test]
fn futures_work_in_every_executor() {
    for (name, run) in EXECUTORS {
        let gateway = Gateway::start([Answer::Status(400, "bad metrics\n")]);
        let pusher = gateway.pusher(name);
        run(Box::pin(async move {
            let error = pusher.push().await.unwrap_err();
            assert!(matches!(error, PushError::Refused { status: 400, .. }));
            pusher.push().await.unwrap();
            pusher.push_add().await.unwrap();
            pusher.delete().await.unwrap();
            let running = pusher.run_every(Duration::from_secs(3600));
            running.stop().await.unwrap();
        }));
        let methods: Vec<_> = (0..6).map(|_| gateway.received().method).collect();
        assert_eq!(
            methods,
            ["PUT", "PUT", "POST", "DELETE", "PUT", "PUT"],
            "{name}"
        );
        assert_eq!(gateway.others(), 0);
    }
}

#[test]
fn a_runtime_is_not_blocked_while_the_gateway_is_slow() {
    let (slow, gone) = mpsc::channel();
    let gateway = Gateway::start([Answer::After(gone)]);
    let pusher = gateway.pusher("slow");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    runtime.block_on(async move {
        let push = tokio::spawn(async move { pusher.push().await });
        // The only thread goes on: were it blocked, the gateway would not be let go.
        tokio::time::sleep(Duration::from_millis(20)).await;
        assert!(!push.is_finished());
        drop(slow);
        push.await.unwrap().unwrap();
    });
}

#[test]
fn a_future_that_is_not_polled_sends_nothing() {
    let gateway = Gateway::start([]);
    drop(gateway.pusher("lazy").push());
    gateway.pusher("next").push_blocking().unwrap();
    assert_eq!(gateway.received().path, "/metrics/job/next");
}

#[test]
fn credentials_go_into_a_header() {
    let gateway = Gateway::start([Answer::Status(401, "who is there?")]);
    let pusher = gateway
        .builder("auth")
        .basic_auth("me", "se:cret")
        .build()
        .unwrap();
    let error = pusher.delete_blocking().unwrap_err().to_string();
    assert!(
        error.ends_with("/metrics/job/auth answered 401: who is there?"),
        "{error}"
    );
    assert_eq!(
        gateway.received().headers["authorization"],
        "Basic bWU6c2U6Y3JldA=="
    );
}

#[test]
fn what_may_pass_is_tried_three_times() {
    let unavailable = || Answer::Status(503, "later");
    for answer in [unavailable, || Answer::Close] {
        let gateway = Gateway::start([answer(), answer()]);
        gateway.pusher("retried").push_blocking().unwrap();
        assert_eq!(
            (0..3)
                .map(|_| gateway.received().body.len())
                .filter(|len| *len > 0)
                .count(),
            3
        );
        assert_eq!(gateway.others(), 0);
    }
    let gateway = Gateway::start([unavailable(), unavailable(), unavailable()]);
    let error = gateway.pusher("in_vain").push_blocking().unwrap_err();
    assert!(
        error.to_string().ends_with("answered 503 3 times: later"),
        "{error}"
    );
    for _ in 0..3 {
        gateway.received();
    }
    assert_eq!(gateway.others(), 0);
}

#[test]
fn what_will_not_pass_is_tried_once() {
    for status in [400, 404, 413, 301, 307] {
        let gateway = Gateway::start([Answer::Status(status, "pushed metrics are invalid")]);
        let error = gateway.pusher("once").push_blocking().unwrap_err();
        let PushError::Refused {
            status: told,
            reason,
            attempts,
            ..
        } = error
        else {
            panic!("{error}");
        };
        assert_eq!((told, attempts), (status, 1));
        assert_eq!(reason, "pushed metrics are invalid");
        gateway.received();
        assert_eq!(gateway.others(), 0);
    }
}

#[test]
fn a_gateway_that_does_not_answer_is_an_error_in_bounded_time() {
    let (_slow, gone) = mpsc::channel();
    let gateway = Gateway::start([Answer::After(gone)]);
    let timeout = Duration::from_millis(50);
    let pusher = gateway.builder("slow").timeout(timeout).build().unwrap();
    let begun = Instant::now();
    let error = pusher.push_blocking().unwrap_err();
    assert!(
        matches!(error, PushError::Unreachable { attempts: 3, .. }),
        "{error}"
    );
    assert!(
        begun.elapsed() < Duration::from_secs(10),
        "{:?}",
        begun.elapsed()
    );

    let nobody = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let url = format!("http://{}", nobody.local_addr().unwrap());
    drop(nobody);
    let error = Pusher::builder(&url)
        .job("gone")
        .build()
        .unwrap()
        .push_blocking()
        .unwrap_err();
    let text = error.to_string();
    assert!(
        text.starts_with(&format!(
            "{url}/metrics/job/gone was not reached in 3 attempts: "
        )),
        "{text}"
    );
    assert!(std::error::Error::source(&error).is_some());
}

#[test]
fn https_without_a_tls_library_is_tried_once() {
    let gateway = Gateway::start([]);
    let url = gateway.url().replace("http:", "https:");
    let pusher = Pusher::builder(&url).job("tls").build().unwrap();
    let error = pusher.push_blocking().unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("{url}/metrics/job/tls was not reached: TLS required, but transport is unsecured")
    );
}

#[test]
fn a_label_that_the_group_would_overwrite_is_refused() {
    let vector = IntCounterVec::new(
        Opts::new("orders_by_region_total", "A test's."),
        &["region"],
    )
    .unwrap();
    registry().register(Box::new(vector.clone())).unwrap();
    vector.with_label_values(&["north"]).inc();
    let gateway = Gateway::start([]);
    let pusher = gateway
        .builder("import")
        .grouping("region", "south")
        .build()
        .unwrap();
    let error = pusher.push_blocking().unwrap_err();
    assert_eq!(
        error.to_string(),
        "`orders_by_region_total` has a label `region`, which the group would overwrite; rename one of them"
    );
    assert!(pusher.push_add_blocking().is_err());
    // A deletion overwrites nothing.
    pusher.delete_blocking().unwrap();
    assert_eq!(gateway.received().method, "DELETE");
    assert_eq!(gateway.others(), 0);
}

thread_local!(static PANICS: Cell<bool> = const { Cell::new(false) });

/// Panics in the thread that wants it to.
struct Panicking(Desc);

impl Collector for Panicking {
    fn desc(&self) -> Vec<&Desc> {
        vec![&self.0]
    }

    fn collect(&self) -> Vec<MetricFamily> {
        assert!(!PANICS.get(), "a collector may panic");
        Vec::new()
    }
}

#[test]
fn a_collector_that_panics_is_an_error() {
    let desc = Desc::new(
        "panicking".to_owned(),
        "A test's.".to_owned(),
        Vec::new(),
        HashMap::new(),
    );
    registry()
        .register(Box::new(Panicking(desc.unwrap())))
        .unwrap();
    let gateway = Gateway::start([]);
    let pusher = gateway.pusher("panicking");
    pusher.push_blocking().unwrap();
    gateway.received();
    PANICS.set(true);
    let error = pusher.push_blocking().unwrap_err();
    PANICS.set(false);
    assert!(matches!(error, PushError::CollectorPanicked), "{error}");
    assert_eq!(gateway.others(), 0);
}

#[test]
fn pushes_at_an_interval_end_with_the_last_values() {
    let counter = counter("interval_test_total");
    let gateway = Gateway::start([]);
    let pusher = gateway.pusher("interval");
    let last_value =
        |gateway: &Gateway| Scrape::new(gateway.received().body).value("interval_test_total");

    let running = pusher.run_every(Duration::from_millis(5));
    assert_eq!(last_value(&gateway), 0.0);
    counter.inc();
    while last_value(&gateway) < 1.0 {}
    // A gateway that fails for a while ends nothing.
    gateway.answer_next(Answer::Status(400, ""));
    counter.inc();
    while last_value(&gateway) < 2.0 {}
    running.stop_blocking().unwrap();
    while gateway.others() > 0 {}

    let running = pusher.run_every(Duration::from_secs(3600));
    assert_eq!(last_value(&gateway), 2.0);
    counter.inc();
    running.stop_blocking().unwrap();
    assert_eq!(last_value(&gateway), 3.0);
    assert_eq!(gateway.others(), 0);

    gateway.answer_next(Answer::Status(200, ""));
    gateway.answer_next(Answer::Status(400, "no"));
    let running = pusher.run_every(Duration::from_secs(3600));
    last_value(&gateway);
    let error = running.stop_blocking().unwrap_err();
    assert!(matches!(error, PushError::Refused { .. }), "{error}");
}

#[test]
fn a_dropped_handle_lets_the_pushes_go_on() {
    let gateway = Gateway::start([]);
    drop(
        gateway
            .pusher("dropped")
            .run_every(Duration::from_millis(5)),
    );
    for _ in 0..3 {
        assert_eq!(gateway.received().method, "PUT");
    }
}

#[instrument_task(task = "pushed")]
fn pushed() {}

#[test]
fn tasks_are_pushed() {
    pushed();
    let gateway = Gateway::start([]);
    gateway.pusher("tasks").push_blocking().unwrap();
    let scrape = Scrape::new(gateway.received().body);
    assert_eq!(
        scrape.value(r#"task_runs_total{task="pushed",outcome="ok"}"#),
        1.0
    );
}

#[test]
fn disabled_metrics_are_not_pushed() {
    run_alone("workers::pusher::disabled", &[("ENABLE_METRICS", "no")]);
}

#[test]
#[ignore = "run by another, with an environment"]
fn disabled() {
    let gateway = Gateway::start([]);
    let pusher = gateway.pusher("disabled");
    pusher.push_blocking().unwrap();
    pusher.delete_blocking().unwrap();
    pusher
        .run_every(Duration::from_secs(3600))
        .stop_blocking()
        .unwrap();
    assert_eq!(gateway.others(), 0);
}

#[test]
fn an_invalid_environment_is_an_error() {
    run_alone("workers::pusher::invalid", &[("CUSTOM_LABELS", "a")]);
}

#[test]
#[ignore = "run by another, with an environment"]
fn invalid() {
    let error = Gateway::start([])
        .pusher("invalid")
        .push_blocking()
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        r#"metrics are off: CUSTOM_LABELS="a": `a` is not of the form name=value"#
    );
}
