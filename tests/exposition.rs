//! The parser of scrapes refuses what breaks a rule of the formats.

use tests::{Document, Labels};

const TEXT: &str = r#"# HELP jobs_total Jobs \\ "done".
# TYPE jobs_total counter
jobs_total{queue="a\"b\\c\nd"} 3
jobs_total{queue=""} 4 1700000000000
# TYPE wait_seconds histogram
wait_seconds_bucket{le="0.5"} 1
wait_seconds_bucket{le="+Inf"} 2
wait_seconds_sum 1e1
wait_seconds_count 2
# TYPE depth gauge
depth -Inf
"#;

const OPENMETRICS: &str = r#"# TYPE jobs counter
# HELP jobs Jobs \"done\".
jobs_total{queue="a"} 3 # {trace_id="1"} 1.0 1700000000.5
# TYPE wait_seconds histogram
# UNIT wait_seconds seconds
wait_seconds_bucket{le="0.5"} 1 # {trace_id="2"} 0.25
wait_seconds_bucket{le="+Inf"} 1
wait_seconds_sum 0.25
wait_seconds_count 1
# EOF
"#;

fn labels(pairs: &[(&str, &str)]) -> Labels {
    let owned = |&(name, value): &(&str, &str)| (name.to_owned(), value.to_owned());
    pairs.iter().map(owned).collect()
}

#[test]
fn text_is_parsed_with_escapes_and_timestamps() {
    let document = Document::parse(TEXT).unwrap();
    let jobs = document.family("jobs_total").unwrap();
    assert_eq!(jobs.kind, "counter");
    assert_eq!(jobs.help.as_deref(), Some(r#"Jobs \ "done"."#));
    assert_eq!(jobs.samples[0].series, r#"jobs_total{queue="a\"b\\c\nd"}"#);
    let escaped = labels(&[("queue", "a\"b\\c\nd")]);
    assert_eq!(document.value("jobs_total", &escaped), Some(3.0));
    assert_eq!(jobs.samples[1].timestamp, Some(1_700_000_000_000.0));
    assert_eq!(document.value("wait_seconds_sum", &labels(&[])), Some(10.0));
    assert_eq!(
        document.value("depth", &labels(&[])),
        Some(f64::NEG_INFINITY)
    );
    assert_eq!(document.samples().count(), 7);
    assert!(Document::parse("").unwrap().families.is_empty());
}

#[test]
fn openmetrics_is_parsed_with_units_and_exemplars() {
    let document = Document::parse(OPENMETRICS).unwrap();
    let jobs = document.family("jobs").unwrap();
    assert_eq!(jobs.help.as_deref(), Some(r#"Jobs "done"."#));
    let exemplar = jobs.samples[0].exemplar.as_ref().unwrap();
    assert_eq!(exemplar.labels, labels(&[("trace_id", "1")]));
    assert_eq!(exemplar.timestamp, Some(1_700_000_000.5));
    let wait = document.family("wait_seconds").unwrap();
    assert_eq!(wait.unit.as_deref(), Some("seconds"));
    assert_eq!(wait.samples[0].exemplar.as_ref().unwrap().timestamp, None);
}

/// Replaces one part of a valid text, and parses the rest.
fn fault(valid: &str, part: &str, by: &str) -> String {
    assert_eq!(valid.matches(part).count(), 1, "{part}");
    let parsed = Document::parse(&valid.replace(part, by));
    parsed.expect_err(&format!("`{by}` is refused"))
}

#[test]
fn a_text_that_breaks_a_rule_is_refused_for_that_rule() {
    let depth = "depth -Inf\n";
    let sum = "wait_seconds_sum 1e1\n";
    for (part, by, rule) in [
        (depth, "depth -Inf\ndepth 1\n", "the series comes twice"),
        (
            depth,
            "depth{a=\"1\",b=\"2\"} 1\ndepth{b=\"2\",a=\"1\"} 1\n",
            "the series comes twice",
        ),
        (
            depth,
            "# TYPE jobs_total counter\n",
            "the family comes twice",
        ),
        (depth, "# TYPE depth gauge\n", "the metadata comes twice"),
        (
            depth,
            "depth 1\n# HELP depth Late.\n",
            "metadata follows a sample",
        ),
        (depth, "jobs_total 1\n", "a sample of another family"),
        (depth, "depth 1\n\n", "no value"),
        (depth, "depth 1", "the last line has no end"),
        (depth, "depth infinity\n", "no number"),
        (depth, "depth  1\n", "no number"),
        (
            depth,
            "depth 1 0.5\n",
            "a timestamp that is no whole number",
        ),
        (depth, "depth{} 1\n", "a label without"),
        (depth, "depth{a=\"1\",a=\"2\"} 1\n", "a label comes twice"),
        (depth, "depth{a=\"1\",} 1\n", "a label without"),
        (depth, "depth{a=\"\\t\"} 1\n", "an unknown escape"),
        (depth, "depth{a-b=\"1\"} 1\n", "no name"),
        (depth, "# EOF\ndepth 1\n", "a comment"),
        (depth, "# UNIT depth meters\n", "a comment"),
        ("# TYPE jobs_total counter\n", "", "a sample without a type"),
        (
            "# TYPE depth gauge",
            "# TYPE depth unknown",
            "an unknown type",
        ),
        ("} 3\n", "} -3\n", "a count below zero"),
        (
            "} 3\n",
            "} 3 # {trace_id=\"1\"} 1\n",
            "an exemplar in the text format",
        ),
        ("le=\"0.5\"} 1", "le=\"0.5\"} 3", "buckets do not ascend"),
        ("le=\"0.5\"", "le=\"NaN\"", "buckets do not ascend"),
        ("le=\"+Inf\"", "le=\"0.1\"", "buckets do not ascend"),
        ("le=\"+Inf\"", "le=\"1.0\"", "incomplete"),
        ("_count 2", "_count 3", "incomplete"),
        (sum, "", "incomplete"),
        (sum, "wait_seconds 1\n", "no sample of a histogram"),
    ] {
        let fault = fault(TEXT, part, by);
        assert!(fault.contains(rule), "{rule}, not {fault}");
    }
    let orphan = Document::parse("depth 1\n").unwrap_err();
    assert!(orphan.contains("a sample without metadata"), "{orphan}");
}

#[test]
fn openmetrics_that_breaks_a_rule_is_refused_for_that_rule() {
    let long = "x".repeat(121);
    for (part, by, rule) in [
        ("\n# TYPE wait", "\n# EOF\n# TYPE wait", "a comment"),
        ("jobs_total", "jobs", "no sample of a counter"),
        (
            "UNIT wait_seconds seconds",
            "UNIT wait_seconds bytes",
            "does not end in the unit",
        ),
        ("\\\"done\\\"", "\"done\"", "a quote that is not escaped"),
        (
            "wait_seconds_sum 0.25",
            "wait_seconds_sum 0.25 # {a=\"1\"} 1",
            "an exemplar where none may be",
        ),
        (
            "{trace_id=\"1\"}",
            &format!("{{trace_id=\"{long}\"}}"),
            "more than 128 characters",
        ),
    ] {
        let fault = fault(OPENMETRICS, part, by);
        assert!(fault.contains(rule), "{rule}, not {fault}");
    }
    let truncated = OPENMETRICS.strip_suffix("# EOF\n").unwrap();
    let error = Document::parse_openmetrics(truncated).unwrap_err();
    assert_eq!(error, "no `# EOF` at the end");
    // Nor is it text.
    assert!(Document::parse(truncated).is_err());
}
