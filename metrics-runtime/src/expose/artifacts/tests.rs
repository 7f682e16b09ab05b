//! The files for families of every kind, given to the encoder as HTTP, tasks and business metrics give them.

use serde_json::Value as Json;

use super::{Artifacts, Catalogue};
use crate::metric::{
    Descriptor, Encoder, Kind, Objective, ObjectiveFamilies, ObjectiveSums, Sum, Value,
};

/// Two runs of one program: in the order of its modules, and in another with counts.
#[derive(Clone, Copy, PartialEq)]
enum Run {
    First,
    Later,
}

fn family(name: &str, kind: Kind, unit: Option<&'static str>) -> Descriptor {
    Descriptor {
        name: name.to_owned(),
        kind,
        help: format!("Help of {name}.").into(),
        unit,
    }
}

fn artifacts(run: Run) -> Artifacts {
    let http = [
        "shop_http_requests_total",
        "http_slo_objective_ratio",
        "http_slo_events_total",
        "http_slo_errors_total",
    ];
    let mut catalogue = Catalogue::new("shop_", http.map(str::to_owned).into_iter());
    let mut parts: Vec<fn(&mut Catalogue, u64)> = vec![requests, business, tasks];
    if run == Run::Later {
        parts.reverse();
    }
    for part in parts {
        part(&mut catalogue, if run == Run::Later { 7 } else { 0 });
    }
    Artifacts::new(catalogue)
}

fn requests(encoder: &mut Catalogue, count: u64) {
    encoder.family(&family("shop_http_requests_total", Kind::Counter, None));
    let mut handlers = [r#"handler="/x""#, r#"handler="/{y}""#];
    if count > 0 {
        handlers.reverse();
    }
    for handler in handlers {
        encoder.sample(&[handler, r#",method="GET""#], Value::Integer(count));
    }
    let families = ObjectiveFamilies::new("http", "Events.", "Errors.");
    let sums = |objective, ratio, threshold| ObjectiveSums {
        objective,
        ratio,
        threshold,
        events: count,
        errors: count,
    };
    let objectives = [
        sums(Objective::Availability, 0.9995, None),
        sums(Objective::Latency, 0.99, Some(1.0)),
    ];
    let labels = |sums| ([r#"handler="/x""#, r#",method="GET""#], sums, "");
    families.collect(objectives.into_iter().map(labels), encoder);
}

fn business(encoder: &mut Catalogue, count: u64) {
    encoder.family(&family("shop_orders_total", Kind::Counter, None));
    for channel in ["web", "app"] {
        let channel = format!("channel=\"{channel}\"");
        encoder.sample(&[&channel, r#",paid="true""#], Value::Integer(count));
    }
    encoder.family(&family("shop_queue_length", Kind::Gauge, None));
    encoder.sample(&[], Value::Signed(3));
    encoder.family(&family("shop_build_info", Kind::Info, None));
    encoder.sample(&[r#"version="1\"2""#], Value::Integer(1));
    encoder.family(&family(
        "shop_charge_seconds",
        Kind::Histogram,
        Some("seconds"),
    ));
    let value = Value::Histogram {
        le: &["0.5".into(), "10.0".into(), "+Inf".into()],
        counts: &[count; 3],
        sum: Sum::Nanos(count),
    };
    encoder.sample(&[], value);
    encoder.family(&family("shop_receipt_bytes", Kind::Summary, Some("bytes")));
    let value = Value::Summary {
        quantiles: &[],
        sum: Sum::Integer(count),
        count,
    };
    encoder.sample(&[], value);
    // Declared, and not used yet.
    encoder.family(&family("shop_idle_total", Kind::Counter, None));
}

fn tasks(encoder: &mut Catalogue, count: u64) {
    encoder.family(&family("shop_task_runs_total", Kind::Counter, None));
    for outcome in [r#",outcome="ok""#, r#",outcome="error""#] {
        encoder.sample(&[r#"task="nightly""#, outcome], Value::Integer(count));
    }
    encoder.family(&family(
        "shop_task_duration_seconds",
        Kind::Histogram,
        Some("seconds"),
    ));
    let families = ObjectiveFamilies::new("task", "Runs.", "Errors.");
    let sums = ObjectiveSums {
        objective: Objective::Duration,
        ratio: 0.95,
        threshold: Some(60.0),
        events: count,
        errors: count,
    };
    families.collect([([r#"task="nightly""#, ""], sums, "")].into_iter(), encoder);
}

fn text(artifacts: &Artifacts, name: &str) -> String {
    let mut files = artifacts.files.iter();
    let found = files.find(|(known, _)| *known == name);
    found.expect("it is one of the files").1.clone()
}

fn json(artifacts: &Artifacts, name: &str) -> Json {
    serde_json::from_str(&text(artifacts, name)).expect("it is JSON")
}

/// Title and first query of every panel but the rows.
fn panels(dashboard: &Json) -> Vec<(String, String)> {
    let panels = dashboard["panels"].as_array().expect("a list").iter();
    let panels = panels.filter(|panel| panel["type"] != "row");
    let text = |value: &Json| value.as_str().expect("a text").to_owned();
    panels
        .map(|panel| (text(&panel["title"]), text(&panel["targets"][0]["expr"])))
        .collect()
}

#[test]
fn neither_order_nor_counts_change_a_byte() {
    let (first, later) = (artifacts(Run::First), artifacts(Run::Later));
    assert_eq!(first.files, later.files);
}

#[test]
fn the_catalogue_has_every_family() {
    let catalogue = json(&artifacts(Run::First), "catalogue.json");
    let families = catalogue["families"].as_array().unwrap();
    let find = |name: &str| {
        families
            .iter()
            .find(|family| family["name"] == name)
            .unwrap()
    };
    assert_eq!(
        find("shop_charge_seconds"),
        &serde_json::json!({
            "name": "shop_charge_seconds",
            "type": "histogram",
            "unit": "seconds",
            "help": "Help of shop_charge_seconds.",
            "labels": {"le": ["0.5", "10.0", "+Inf"]},
            "series": 5,
        })
    );
    assert_eq!(
        find("shop_orders_total")["labels"],
        serde_json::json!({"channel": ["app", "web"], "paid": ["true"]})
    );
    assert_eq!(find("shop_build_info")["labels"]["version"][0], "1\"2");
    assert_eq!(find("shop_idle_total")["series"], 0);
    // 2 requests, 2 orders, 3 of the other business metrics, 5 of a histogram, 2 runs, 3 times 3 of objectives.
    assert_eq!(catalogue["series"], 2 + 2 + 2 + 2 + 5 + 2 + 9);
    assert_eq!(
        catalogue["objectives"],
        serde_json::json!([
            {
                "labels": {"handler": "/x", "method": "GET"},
                "objective": "availability", "ratio": 0.9995, "threshold_seconds": null,
            },
            {
                "labels": {"handler": "/x", "method": "GET"},
                "objective": "latency", "ratio": 0.99, "threshold_seconds": 1,
            },
            {
                "labels": {"task": "nightly"},
                "objective": "duration", "ratio": 0.95, "threshold_seconds": 60,
            },
        ])
    );
    let markdown = text(&artifacts(Run::First), "catalogue.md");
    for line in [
        "| handler=`/x`, method=`GET` | 99.95 % available |",
        "| handler=`/x`, method=`GET` | 99 % within 1 s |",
        "| task=`nightly` | 95 % within 60 s |",
        "- `channel`: `app`, `web`",
        "histogram (seconds): Help of shop_charge_seconds.",
    ] {
        assert!(
            markdown.lines().any(|found| found == line),
            "{line}\n{markdown}"
        );
    }
}

#[test]
fn the_dashboard_has_a_panel_for_every_objective_business_metric_and_task() {
    let dashboard = json(&artifacts(Run::First), "dashboard.json");
    let select =
        r#"cluster=~"$cluster", namespace=~"$namespace", job=~"$job", instance=~"$instance""#;
    let found = panels(&dashboard);
    let titles: Vec<&str> = found.iter().map(|(title, _)| &**title).collect();
    assert_eq!(
        titles,
        [
            "GET /x: 99.95 % available",
            "GET /x: 99 % within 1 s",
            "nightly: 95 % within 60 s",
            "shop_build_info",
            "shop_charge_seconds",
            "shop_idle_total",
            "shop_orders_total",
            "shop_queue_length",
            "shop_receipt_bytes",
            "nightly: runs",
            "nightly: duration",
        ]
    );
    let query = |title: &str| {
        let mut found = found.iter();
        let (_, query) = found
            .find(|(known, _)| known == title)
            .expect("it is shown");
        query.replace(select, "..")
    };
    for (title, expected) in [
        (
            "nightly: 95 % within 60 s",
            r#"sum(rate(task_slo_errors_total{.., task="nightly", objective="duration"}[1h])) / (sum(rate(task_slo_events_total{.., task="nightly", objective="duration"}[1h])) > 0) / (1 - max(task_slo_objective_ratio{.., task="nightly", objective="duration"}))"#,
        ),
        ("shop_build_info", "shop_build_info{..}"),
        (
            "shop_charge_seconds",
            "histogram_quantile(0.5, sum by (le) (rate(shop_charge_seconds_bucket{..}[$__rate_interval])))",
        ),
        (
            "shop_idle_total",
            "sum(rate(shop_idle_total{..}[$__rate_interval]))",
        ),
        (
            "shop_orders_total",
            "sum by (channel) (rate(shop_orders_total{..}[$__rate_interval]))",
        ),
        ("shop_queue_length", "sum(shop_queue_length{..})"),
        (
            "shop_receipt_bytes",
            "sum(rate(shop_receipt_bytes_sum{..}[$__rate_interval])) / (sum(rate(shop_receipt_bytes_count{..}[$__rate_interval])) > 0)",
        ),
        (
            "nightly: runs",
            r#"sum by (outcome) (rate(shop_task_runs_total{.., task="nightly"}[$__rate_interval]))"#,
        ),
    ] {
        assert_eq!(query(title), expected, "{title}");
    }
}

#[test]
fn panels_have_numbers_of_their_own_and_do_not_overlap() {
    let dashboard = json(&artifacts(Run::First), "dashboard.json");
    let panels = dashboard["panels"].as_array().unwrap();
    let mut taken = std::collections::BTreeSet::new();
    for (index, panel) in panels.iter().enumerate() {
        assert_eq!(panel["id"], index + 1);
        let place = |name: &str| panel["gridPos"][name].as_u64().unwrap();
        for x in place("x")..place("x") + place("w") {
            for y in place("y")..place("y") + place("h") {
                assert!(x < 24 && taken.insert((x, y)), "panel {}", index + 1);
            }
        }
    }
}
