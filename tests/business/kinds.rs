//! What each type of metric does.

use super::*;

#[test]
fn a_float_counter_ignores_what_would_make_it_fall() {
    let counter = shop::revenue_dollars_total(Channel::MobileApp);
    counter.inc_by(0.5);
    for amount in [-1.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        counter.inc_by(amount);
    }
    counter.inc_by(0.25);
    assert_eq!(counter.get(), 0.75);
}

#[test]
fn a_gauge_is_absent_until_it_is_set() {
    let shown = || lines(&scrape(), "company_shop_queue_length{").len();
    assert_eq!(shown(), 0);
    assert_eq!(shop::queue_length(true).get(), None);
    shop::queue_length(true).set(-3.5);
    assert_eq!(shown(), 1);
    shop::queue_length(true).add(1.0);
    assert_eq!(shop::queue_length(true).get(), Some(-2.5));
    shop::queue_length(false).add(2.0);
    assert_eq!(shop::queue_length(false).get(), Some(2.0));
    let labels = [("paid", "true"), ("team", "checkout")];
    assert_eq!(value("company_shop_queue_length", &labels), Some(-2.5));
    shop::queue_length(true).set(f64::NAN);
    assert!(shop::queue_length(true).get().is_some_and(f64::is_nan));
}

#[test]
fn a_gauge_may_be_read_at_each_scrape() {
    let shown = || {
        value(
            "company_shop_stock_items",
            &[("team", "checkout"), ("paid", "of the configuration")],
        )
    };
    LazyLock::force(&INIT);
    assert_eq!(shown(), None);
    let stock = std::sync::Arc::new(Mutex::new(5.0));
    let read = stock.clone();
    shop::stock_items().read_by(move || *read.lock().expect("not poisoned"));
    assert_eq!(shown(), Some(5.0));
    *stock.lock().expect("not poisoned") = 4.0;
    assert_eq!(shown(), Some(4.0));
    shop::stock_items().read_by(|| panic!("a function may panic"));
    assert_eq!(shown(), None);
    let text = scrape();
    assert!(
        text.text()
            .contains("# TYPE company_shop_stock_items gauge\n")
    );
    shop::set_twice();
    assert_eq!(shown(), None, "a function reads it");
    shop::stock_items().read_by(|| {
        value(
            "company_shop_label_size_bytes_count",
            &[("team", "checkout")],
        )
        .unwrap_or(7.0)
    });
    assert_eq!(shown(), Some(0.0), "a function may read metrics");
}

#[test]
fn guards_go_up_and_down_on_any_thread() {
    LazyLock::force(&INIT);
    let packing = shop::packing(Outcome::Ok);
    let guards: Vec<_> = (0..3).map(|_| packing.enter()).collect();
    assert_eq!(packing.get(), 3);
    assert_eq!(
        value(
            "company_shop_packing",
            &[
                ("outcome", "ok"),
                ("team", "checkout"),
                ("paid", "of the configuration")
            ]
        ),
        Some(3.0)
    );
    for guard in guards {
        thread::spawn(move || drop(guard))
            .join()
            .expect("a guard is sent");
    }
    assert_eq!(packing.get(), 0);
    let entered = thread::spawn(move || shop::packing(Outcome::Error).enter())
        .join()
        .expect("a guard is sent back");
    assert_eq!(shop::packing(Outcome::Error).get(), 1);
    drop(entered);
    let panicked = thread::spawn(|| {
        let _packing = shop::packing(Outcome::Panic).enter();
        panic!("work may panic");
    })
    .join();
    assert!(panicked.is_err());
    assert_eq!(shop::packing(Outcome::Panic).get(), 0);
    // Guards dropped on a thread that never entered one leave it below 0 alone, not in sum.
    assert_eq!(lines(&scrape(), "company_shop_packing{").len(), 4);
}

#[test]
fn histograms_show_once_used_unless_zero_is_asked_for() {
    let before = scrape();
    let shown = lines(&before, "company_shop_order_items_bucket{paid=\"false\"");
    let expected: Vec<String> = ["1.0", "2.5", "10.0", "+Inf"]
        .iter()
        .map(|le| format!("order_items_bucket{{paid=\"false\",{SHOP},le=\"{le}\"}} 0"))
        .collect();
    assert_eq!(shown, expected);
    assert_eq!(
        lines(&before, "company_shop_label_size_bytes_count").len(),
        1
    );
    assert_eq!(lines(&before, "company_shop_idle_items").len(), 0);
    shop::charge_duration_seconds(Outcome::Ok).observe(0.3);
    let after = scrape();
    let count = "company_shop_charge_duration_seconds_count";
    assert_eq!(after.sum(count, &["outcome=\"ok\""]), 1.0);
    for (le, expected) in [
        ("0.05", 0.0),
        ("0.1", 0.0),
        ("0.3", 1.0),
        ("1.0", 1.0),
        ("3.0", 1.0),
        ("5.0", 1.0),
        ("+Inf", 1.0),
    ] {
        assert_eq!(
            value(
                "company_shop_charge_duration_seconds_bucket",
                &[
                    ("outcome", "ok"),
                    ("le", le),
                    ("team", "checkout"),
                    ("paid", "of the configuration")
                ]
            ),
            Some(expected),
            "{le}"
        );
    }
}

#[test]
fn a_histogram_ignores_what_would_make_its_sum_fall() {
    let histogram = shop::order_items(true);
    histogram.observe(2.5);
    for value in [-0.5, f64::NAN, f64::INFINITY] {
        histogram.observe(value);
    }
    histogram.observe(11.0);
    assert_eq!((histogram.count(), histogram.sum()), (2, 13.5));
    let bucket = |le| {
        value(
            "company_shop_order_items_bucket",
            &[("paid", "true"), ("le", le), ("team", "checkout")],
        )
    };
    assert_eq!(bucket("1.0"), Some(0.0));
    assert_eq!(bucket("2.5"), Some(1.0), "a bound is inclusive");
    assert_eq!(bucket("10.0"), Some(1.0));
    assert_eq!(bucket("+Inf"), Some(2.0));
}

#[test]
fn a_timer_observes_seconds_however_it_ends() {
    const PAUSE: Duration = Duration::from_millis(20);
    let histogram = shop::charge_duration_seconds(Outcome::Cancelled);
    let started = Instant::now();
    let timer = histogram.start();
    thread::sleep(PAUSE);
    thread::spawn(move || drop(timer))
        .join()
        .expect("a timer is sent");
    let longest = started.elapsed().as_secs_f64();
    assert_eq!(histogram.count(), 1);
    assert!(
        (PAUSE.as_secs_f64()..=longest).contains(&histogram.sum()),
        "{}",
        histogram.sum()
    );
    histogram.start().discard();
    assert_eq!(histogram.count(), 1);
    let panicked = thread::spawn(move || {
        let _timer = histogram.start();
        panic!("work may panic");
    })
    .join();
    assert!(panicked.is_err());
    assert_eq!(histogram.count(), 2);
}

#[actix_web::test]
async fn a_future_is_timed_from_its_first_poll_to_its_end() {
    let histogram = shop::charge_duration_seconds(Outcome::Panic);
    let never_polled = histogram.time(async {});
    drop(never_polled);
    assert_eq!(histogram.count(), 0);
    assert_eq!(histogram.time(async { 42 }).await, 42);
    assert_eq!(histogram.count(), 1);
    let mut cancelled = Box::pin(histogram.time(std::future::pending::<()>()));
    let polled = std::future::poll_fn(|cx| std::task::Poll::Ready(cancelled.as_mut().poll(cx)));
    assert!(polled.await.is_pending());
    assert_eq!(histogram.count(), 1);
    drop(cancelled);
    assert_eq!(histogram.count(), 2);
}

#[test]
fn a_summary_has_a_sum_and_a_count() {
    let summary = shop::receipt_size_bytes(true);
    assert_eq!(lines(&scrape(), "company_shop_receipt_size_bytes").len(), 0);
    summary.observe(1024.0);
    summary.observe(-1.0);
    summary.observe(0.5);
    assert_eq!((summary.count(), summary.sum()), (2, 1024.5));
    let shown = lines(&scrape(), "company_shop_receipt_size_bytes");
    assert_eq!(
        shown,
        [
            format!("receipt_size_bytes_sum{{paid=\"true\",{SHOP}}} 1024.5"),
            format!("receipt_size_bytes_count{{paid=\"true\",{SHOP}}} 2"),
        ]
    );
}

#[test]
fn an_info_is_set_once() {
    LazyLock::force(&INIT);
    let shown = || lines(&scrape(), "company_shop_build_info");
    assert_eq!(shown().len(), 0);
    shop::build_info("1.2", "a\"b").set();
    shop::build_info("1.3", "c").set();
    assert_eq!(
        shown(),
        [format!(
            "build_info{{version=\"1.2\",commit=\"a\\\"b\",{SHOP},paid=\"of the configuration\"}} 1"
        )]
    );
    let openmetrics = render(Format::OpenMetrics);
    assert!(openmetrics.contains("# TYPE company_shop_build info\n"));
    assert_eq!(lines(&scrape(), "company_shop_absent_info").len(), 0);
}
