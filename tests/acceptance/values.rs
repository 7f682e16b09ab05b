//! What is measured of a request: durations, sizes, and what hooks see.

use std::{
    sync::{Arc, Mutex},
    time::Instant,
};

use tests::{Scrape, eventually, metrics, metrics_with, settled};

use super::serve;

#[test]
fn case_09_buckets_are_configured() {
    let metrics = metrics_with(|config| config.latency_buckets([1.0, 2.0, 3.0]));
    let server = serve(metrics);
    assert_eq!(server.get("/").status, 200);
    let scrape = settled(metrics, 1);
    for bound in ["1.0", "2.0", "3.0", "+Inf"] {
        assert_eq!(
            scrape.value(&format!(
                r#"http_request_duration_seconds_bucket{{handler="/",method="GET",le="{bound}"}}"#
            )),
            1.0
        );
    }
    assert!(!scrape.mentions(r#"handler="/",method="GET",le="0.05""#));
}

#[test]
fn case_12_request_sizes_are_summed() {
    let metrics = metrics();
    let server = serve(metrics);
    assert_eq!(server.send("POST", "/items", &[], b"123456789").status, 201);
    let scrape = settled(metrics, 1);
    assert_eq!(
        scrape.value(r#"http_request_size_bytes_sum{handler="/items"}"#),
        9.0
    );

    assert_eq!(server.get("/").status, 200);
    let scrape = settled(metrics, 2);
    assert_eq!(
        scrape.value(r#"http_request_size_bytes_sum{handler="/"}"#),
        0.0
    );
    assert_eq!(
        scrape.value(r#"http_request_size_bytes_count{handler="/"}"#),
        1.0
    );

    let chunked = format!(
        "POST /items HTTP/1.1\r\nhost: test\r\ntransfer-encoding: chunked\r\n\r\n{}0\r\n\r\n",
        "1\r\nx\r\n".repeat(10)
    );
    let mut client = server.connect();
    client.write(chunked);
    assert_eq!(client.reply("POST").unwrap().body, b"xxxxxxxxxx");
    let scrape = settled(metrics, 3);
    assert_eq!(
        scrape.value(r#"http_request_size_bytes_sum{handler="/items"}"#),
        19.0
    );
}

#[test]
fn case_13_namespace_and_subsystem_prefix_every_family() {
    let metrics = metrics_with(|config| {
        config
            .namespace("shop")
            .subsystem("web")
            .high_resolution_latency(true)
    });
    let server = serve(metrics);
    assert_eq!(server.get("/").status, 200);
    let scrape = eventually("the record", || {
        let scrape = Scrape::of(metrics);
        (scrape.sum("shop_web_http_requests_total", &[]) >= 1.0).then_some(scrape)
    });
    for family in [
        "requests_total",
        "request_duration_seconds_count",
        "request_size_bytes_count",
        "response_size_bytes_count",
        "requests_inprogress",
        "exceptions_total",
        "request_duration_highr_seconds_count",
    ] {
        assert!(
            scrape.mentions(&format!("shop_web_http_{family}")),
            "{family}"
        );
    }
    assert!(
        scrape
            .samples()
            .all(|(series, _)| series.starts_with("shop_web_http_"))
    );
}

#[test]
fn case_14_response_sizes_are_summed() {
    let metrics = metrics();
    let server = serve(metrics);
    assert_eq!(server.get("/items/12345678").body.len(), 13);
    assert_eq!(server.get("/items/404").status, 404);
    let error = "refused with 404".len() as f64;
    let scrape = settled(metrics, 2);
    assert_eq!(
        scrape.value(r#"http_response_size_bytes_sum{handler="/items/{item_id}"}"#),
        13.0 + error
    );
    assert_eq!(
        scrape.value(r#"http_response_size_bytes_count{handler="/items/{item_id}"}"#),
        2.0
    );
}

#[test]
fn case_15_streaming_is_part_of_the_duration_unless_excluded() {
    for exclude in [false, true] {
        let metrics = metrics_with(|config| config.exclude_streaming_duration(exclude));
        let server = serve(metrics);
        let begun = Instant::now();
        assert_eq!(server.get("/stream").body.len(), 30);
        let elapsed = begun.elapsed().as_secs_f64();
        let scrape = settled(metrics, 1);
        let recorded =
            scrape.value(r#"http_request_duration_seconds_sum{handler="/stream",method="GET"}"#);
        if exclude {
            // Four ticks, of which the first comes at once.
            assert!(recorded < elapsed - 0.07, "{recorded} of {elapsed}");
        } else {
            assert!(
                recorded > 0.07 && recorded <= elapsed,
                "{recorded} of {elapsed}"
            );
        }
        assert_eq!(
            scrape.value(r#"http_response_size_bytes_sum{handler="/stream"}"#),
            30.0
        );
    }
}

#[test]
fn case_16_a_custom_label_is_on_every_family() {
    let metrics = metrics_with(|config| {
        config
            .custom_label("service", "orders")
            .high_resolution_latency(true)
    });
    let server = serve(metrics);
    assert_eq!(server.get("/items/404").status, 404);
    let scrape = settled(metrics, 1);
    for (series, _) in scrape.samples() {
        assert!(series.contains(r#"service="orders""#), "{series}");
    }
}

#[test]
fn case_17_five_megabytes_are_counted_in_bulk_or_streamed() {
    let metrics = metrics();
    let server = serve(metrics);
    for (served, way) in (1..).zip(["bulk", "stream"]) {
        let reply = server.get(&format!("/large/{way}"));
        assert_eq!(reply.body.len(), 5_000_000);
        let scrape = settled(metrics, served);
        assert_eq!(
            scrape.value(r#"http_response_size_bytes_sum{handler="/large/{way}"}"#),
            f64::from(served) * 5_000_000.0
        );
    }
}

#[test]
fn case_18_hooks_see_everything_and_replace_nothing() {
    type Seen = (String, String, u16, u64, u64);
    let seen: Arc<Mutex<Vec<Seen>>> = Arc::default();
    let (first, second) = (Arc::clone(&seen), Arc::clone(&seen));
    let metrics = metrics_with(|config| {
        config
            .on_request(move |request| {
                assert!(request.duration() >= request.duration_without_streaming());
                first.lock().unwrap().push((
                    request.handler().to_owned(),
                    request.method().to_owned(),
                    request.status(),
                    request.request_bytes(),
                    request.response_bytes(),
                ));
            })
            .on_request(move |request| {
                assert!(!request.duration().is_zero());
                second
                    .lock()
                    .unwrap()
                    .push((String::new(), String::new(), 0, 0, 0));
            })
    });
    let server = serve(metrics);
    assert_eq!(server.send("POST", "/items", &[], b"12345").status, 201);
    eventually("both hooks", || {
        (seen.lock().unwrap().len() == 2).then_some(())
    });
    let expected = ("/items".to_owned(), "POST".to_owned(), 201, 5, 5);
    assert_eq!(seen.lock().unwrap()[0], expected);
    let scrape = settled(metrics, 1);
    assert_eq!(scrape.requests("/items", "POST", 201), 1.0);
}
