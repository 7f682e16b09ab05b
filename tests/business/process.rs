//! One set of metrics for the whole process.

use super::*;

#[test]
fn what_is_recorded_before_init_counts() {
    let before = scrape();
    let paid = "paid=\"of the configuration\"";
    let labels = format!("{{{SHOP},{paid}}}");
    assert_eq!(
        before.value(&format!("company_shop_recorded_before_init_total{labels}")),
        3.0
    );
    let count = format!("company_shop_seconds_before_init_seconds_count{labels}");
    assert_eq!(before.value(&count), 1.0);
}

#[test]
fn handles_made_on_one_thread_count_exactly_on_others() {
    const ROUNDS: u64 = 100_000;
    LazyLock::force(&INIT);
    let counter = shop::contended_total(true);
    let histogram = shop::contended_items();
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let scraper = scope.spawn(|| {
            let series = format!("company_shop_contended_total{{odd=\"true\",{SHOP}");
            let mut last = [0.0, 0.0];
            let mut scrapes = 0;
            while !done.load(SeqCst) || scrapes < 3 {
                let scrape = scrape();
                let now = [
                    scrape.sum("company_shop_contended_total", &["odd=\"true\""]),
                    scrape.sum("company_shop_contended_items_count", &[]),
                ];
                assert!(
                    now[0] >= last[0] && now[1] >= last[1],
                    "{series}: {now:?} {last:?}"
                );
                last = now;
                scrapes += 1;
            }
        });
        let threads: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(move || {
                    for round in 0..ROUNDS {
                        counter.inc();
                        histogram.observe((round % 4) as f64);
                    }
                })
            })
            .collect();
        for thread in threads {
            thread.join().expect("a thread counts");
        }
        done.store(true, SeqCst);
        scraper.join().expect("a scrape never falls");
    });
    assert_eq!(counter.get(), 4 * ROUNDS);
    assert_eq!(shop::contended_total(false).get(), 0);
    assert_eq!(histogram.count(), 4 * ROUNDS);
    assert_eq!(histogram.sum(), 6.0 * ROUNDS as f64);
    let buckets = |le| {
        value(
            "company_shop_contended_items_bucket",
            &[("le", le), ("team", "checkout")],
        )
    };
    // 0 and 1 are at most 1; the others have a bucket each.
    assert_eq!(buckets("1.0"), Some(2.0 * ROUNDS as f64));
    assert_eq!(buckets("3.0"), Some(4.0 * ROUNDS as f64));
    assert_eq!(buckets("+Inf"), Some(4.0 * ROUNDS as f64));
}

#[test]
fn units_are_in_openmetrics() {
    LazyLock::force(&INIT);
    let text = render(Format::OpenMetrics);
    for line in [
        "# UNIT company_shop_charge_duration_seconds seconds",
        "# UNIT company_shop_receipt_size_bytes bytes",
        "# TYPE company_shop_orders counter",
    ] {
        assert!(text.lines().any(|found| found == line), "{line}");
    }
}

#[test]
fn families_are_in_the_order_of_their_names() {
    let scrape = scrape();
    let names: Vec<&str> = scrape
        .text()
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE company_"))
        .filter(|line| line.starts_with("shop_") || line.starts_with("cache_"))
        .collect();
    assert!(names.len() >= 17, "{names:?}");
    assert!(names.is_sorted(), "{names:?}");
}

#[test]
fn metrics_of_an_apps_own_do_not_show_them() {
    LazyLock::force(&INIT);
    let own = Metrics::new(Config::builder().build().expect("valid")).expect("a new registry");
    let text = own.render(Format::Text);
    assert!(!text.contains("shop_"), "{text}");
    assert!(text.contains("# TYPE http_requests_total counter\n"));
}

#[test]
fn whoever_gathers_the_registry_gets_them() {
    scrape();
    let families = registry().gather();
    let family = families
        .iter()
        .find(|family| family.name() == "company_shop_orders_total")
        .expect("the registry has it");
    assert_eq!(family.help(), "Orders placed.");
    assert_eq!(family.get_metric().len(), 8);
    let others =
        prometheus::IntCounter::new("company_shop_orders_total", "Another.").expect("a valid name");
    assert!(registry().register(Box::new(others)).is_err());
}

#[test]
fn handlers_count_and_metrics_serves() {
    #[instrument_handler(handler = "/orders")]
    async fn order(channel: web::Path<String>) -> HttpResponse {
        let _packing = shop::packing(Outcome::Cancelled).enter();
        shop::revenue_dollars_total(Channel::of(&channel)).inc_by(1.5);
        HttpResponse::Created().finish()
    }
    scrape();
    let server = Server::start(|| {
        App::new()
            .service(metrics_scope())
            .route("/orders/{channel}", web::post().to(order))
    });
    let before = shop::revenue_dollars_total(Channel::Other).get();
    for _ in 0..4 {
        let reply = server.send("POST", "/orders/telegram", &[], b"");
        assert_eq!(reply.status, 201);
    }
    eventually("four orders", || {
        let scrape = server.scrape();
        (scrape.sum("company_shop_revenue_dollars_total", &["channel=\"other\""]) == before + 6.0)
            .then_some(())
    });
    assert_eq!(shop::packing(Outcome::Cancelled).get(), 0);
}
