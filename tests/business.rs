//! Business metrics, as `/metrics` shows them. They are process-wide, so this process has one configuration: a namespace,
//! a constant label, and one that the metrics name themselves.

#![expect(
    clippy::float_cmp,
    reason = "every value of a scrape that is compared here is a whole number, or is set and read"
)]
#![allow(
    unreachable_pub,
    reason = "a module of metrics reads as users write it"
)]

use std::{
    sync::{
        LazyLock, Mutex,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    thread,
    time::{Duration, Instant},
};

use actix_web::{App, HttpResponse, web};
use metrics_runtime::{
    Config, Format, LabelValue, LabelValuesError, Metrics, Outcome, init, instrument_handler,
    label_values, metrics, metrics_scope, prometheus, registry, render, value,
};
use tests::{Scrape, Server, eventually};

#[derive(LabelValue, Clone, Copy)]
enum Channel {
    Web,
    MobileApp,
    #[label("a \"quoted\\\" text,\nin={two} lines")]
    Odd,
    #[label(other)]
    Other,
}

label_values! {
    /// Who ordered.
    Tenant: 10,
    /// Named after the first scrape.
    pub(crate) Region: 2
}

/// `init` once, after something was recorded, whichever test runs first.
static INIT: LazyLock<()> = LazyLock::new(|| {
    assert_eq!(Tenant::text(Tenant::of("acme").index()), Some("other"));
    shop::recorded_before_init_total().inc_by(3);
    shop::seconds_before_init_seconds().observe(0.2);
    let config = Config::builder()
        .namespace("company")
        .custom_label("service", "orders")
        .custom_label("team", "of the configuration")
        .custom_label("paid", "of the configuration")
        .build()
        .expect("a valid configuration");
    init(config).expect("nothing was initialized by recording");
    let names = (0..10).map(|number| format!("tenant-{number}"));
    Tenant::set(names).expect("ten names");
});

#[metrics(prefix = "shop", labels(team = "checkout"))]
mod shop {
    use super::*;

    /// Orders placed.
    ///
    /// Whatever becomes of them.
    pub fn orders_total(channel: Channel, paid: bool) -> Counter;
    /// Orders of each tenant.
    #[metric(series = 11)]
    pub fn tenant_orders_total(tenant: Tenant) -> Counter;
    /// Orders of each region.
    pub fn region_orders_total(region: Region) -> Counter;
    /// Counted before `init`.
    pub fn recorded_before_init_total() -> Counter;
    /// Observed before `init`.
    pub fn seconds_before_init_seconds() -> Histogram;
    /// Counted by many threads.
    pub fn contended_total(odd: bool) -> Counter;
    /// Never counted.
    #[allow(dead_code)]
    pub fn idle_total(channel: Channel) -> Counter;
    /// Never counted.
    #[allow(dead_code)]
    pub fn idle_dollars_total(paid: bool) -> FloatCounter;
    /// Never entered.
    #[allow(dead_code)]
    pub fn idle_packing(outcome: Outcome) -> UpDown;
    /// Never observed.
    #[allow(dead_code)]
    #[metric(buckets = [1])]
    pub fn idle_items() -> Histogram;
    /// Money taken.
    pub fn revenue_dollars_total(channel: Channel) -> FloatCounter;
    /// Orders waiting.
    pub fn queue_length(paid: bool) -> Gauge;
    /// Read at each scrape.
    pub fn stock_items() -> Gauge;
    /// Orders being packed.
    pub fn packing(outcome: Outcome) -> UpDown;
    /// Time to charge a card.
    pub fn charge_duration_seconds(outcome: Outcome) -> Histogram;
    /// Items of an order.
    #[metric(buckets = [1, 2.5, 10], zero)]
    pub fn order_items(paid: bool) -> Histogram;
    /// Observed by many threads.
    #[metric(buckets = [1, 2, 3])]
    pub fn contended_items() -> Histogram;
    /// Bytes of receipts.
    pub fn receipt_size_bytes(paid: bool) -> Summary;
    /// Bytes of labels.
    #[metric(zero)]
    pub fn label_size_bytes() -> Summary;
    /// What runs.
    pub fn build_info(version: &'static str, commit: &'static str) -> Info;
    /// Never set.
    #[allow(dead_code)]
    pub fn absent_info(version: &'static str) -> Info;
    /// A keyword is a name.
    #[allow(dead_code)]
    pub fn r#type_total(r#in: bool) -> Counter;

    /// Functions with bodies stay as they are.
    pub fn set_twice() {
        stock_items().set(1.0);
        stock_items().set(2.0);
    }
}

mod other {
    /// The types may be imported, and the metrics used from elsewhere.
    #[metrics_runtime::metrics]
    pub(crate) mod cache {
        use metrics_runtime::Counter;

        /// Look-ups.
        pub(crate) fn cache_lookups_total(hit: bool) -> Counter;
        /// Look-ups in progress.
        #[allow(dead_code)]
        pub(crate) fn cache_lookups_in_progress() -> metrics_runtime::UpDown;
    }
}

fn scrape() -> Scrape {
    LazyLock::force(&INIT);
    Scrape::new(render(Format::Text))
}

/// Lines of a family, with everything that all series here have left out.
fn lines(scrape: &Scrape, family: &str) -> Vec<String> {
    scrape
        .text()
        .lines()
        .filter(|line| line.starts_with(family))
        .map(|line| line.replace("company_shop_", ""))
        .collect()
}

const SHOP: &str = "team=\"checkout\",service=\"orders\"";

#[test]
fn every_combination_is_shown_at_zero_before_the_first_event() {
    let scrape = scrape();
    let mut expected = Vec::new();
    let paid = "paid=\"of the configuration\"";
    let odd = r#"a \"quoted\\\" text,\nin={two} lines"#;
    for channel in ["web", "mobile_app", odd, "other"] {
        expected.push(format!(
            "idle_total{{channel=\"{channel}\",{SHOP},{paid}}} 0"
        ));
    }
    for paid in ["false", "true"] {
        expected.push(format!("idle_dollars_total{{paid=\"{paid}\",{SHOP}}} 0"));
    }
    for outcome in ["ok", "error", "panic", "cancelled"] {
        expected.push(format!(
            "idle_packing{{outcome=\"{outcome}\",{SHOP},{paid}}} 0"
        ));
    }
    let mut shown = lines(&scrape, "company_shop_idle");
    expected.sort();
    shown.sort();
    assert_eq!(shown, expected);
}

#[test]
fn head_and_labels_are_those_of_the_declaration() {
    let before = scrape();
    let series = format!("company_shop_orders_total{{channel=\"web\",paid=\"true\",{SHOP}}}");
    let counted = before.value(&series);
    shop::orders_total(Channel::Web, true).inc();
    shop::orders_total(Channel::Web, true).inc_by(4);
    assert_eq!(scrape().value(&series), counted + 5.0);
    let text = scrape();
    let head: Vec<&str> = text
        .text()
        .lines()
        .filter(|line| line.starts_with("# ") && line.contains(" company_shop_orders_total "))
        .collect();
    assert_eq!(
        head,
        [
            "# HELP company_shop_orders_total Orders placed.",
            "# TYPE company_shop_orders_total counter"
        ]
    );
    let counted = shop::orders_total(Channel::Web, true).get();
    let labels = [("paid", "true"), ("team", "checkout"), ("channel", "web")];
    assert_eq!(
        value("company_shop_orders_total", &labels),
        Some(counted as f64)
    );
    assert_eq!(value("company_shop_orders_total", &labels[..2]), None);
}

#[test]
fn every_label_text_can_be_read_back() {
    LazyLock::force(&INIT);
    shop::revenue_dollars_total(Channel::Odd).inc_by(2.5);
    let odd = "a \"quoted\\\" text,\nin={two} lines";
    assert_eq!(Channel::text(Channel::Odd.index()), Some(odd));
    let labels = [
        ("channel", odd),
        ("team", "checkout"),
        ("paid", "of the configuration"),
    ];
    assert_eq!(
        value("company_shop_revenue_dollars_total", &labels),
        Some(2.5)
    );
    let line = concat!(
        r#"company_shop_revenue_dollars_total{channel="a \"quoted\\\" text,\nin={two} lines","#,
        r#"team="checkout",service="orders",paid="of the configuration"} 2.5"#
    );
    for format in [Format::Text, Format::OpenMetrics] {
        assert!(render(format).lines().any(|found| found == line), "{line}");
    }
}

#[test]
fn a_set_of_ten_names_never_shows_more_than_eleven_values() {
    scrape();
    for number in 0..10 {
        shop::tenant_orders_total(Tenant::of(&format!("tenant-{number}"))).inc();
    }
    for number in 10..110 {
        shop::tenant_orders_total(Tenant::of(&format!("tenant-{number}"))).inc();
    }
    let text = scrape();
    let shown = lines(&text, "company_shop_tenant_orders_total{");
    assert_eq!(shown.len(), 11, "{shown:?}");
    let value = |tenant: &str| {
        text.value(&format!(
            "company_shop_tenant_orders_total{{tenant=\"{tenant}\",{SHOP},paid=\"of the configuration\"}}"
        ))
    };
    assert_eq!(value("tenant-0"), 1.0);
    assert_eq!(value("tenant-9"), 1.0);
    assert_eq!(value("other"), 100.0);
    assert!(shown[10].contains("tenant=\"other\""), "{shown:?}");
}

#[test]
fn names_are_set_once_and_checked() {
    LazyLock::force(&INIT);
    let refused = [
        (vec!["a", "b", "c"], LabelValuesError::TooMany { limit: 2 }),
        (vec!["a", ""], LabelValuesError::Empty),
        (vec!["a", "a"], LabelValuesError::Repeated("a".to_owned())),
        (
            vec!["a", "other"],
            LabelValuesError::Repeated("other".to_owned()),
        ),
    ];
    for (names, error) in refused {
        assert_eq!(Region::set(names), Err(error));
    }
    let shown = |scrape: &Scrape| lines(scrape, "company_shop_region_orders_total{").len();
    assert_eq!(shown(&scrape()), 1, "only `other` has a text");
    shop::region_orders_total(Region::of("eu")).inc();
    assert_eq!(shop::region_orders_total(Region::of("other")).get(), 1);
    assert_eq!(Region::set(["eu"]), Ok(()));
    assert_eq!(Region::set(["eu"]), Err(LabelValuesError::AlreadySet));
    assert_eq!(Region::of("eu"), Region::of("eu"));
    assert_ne!(Region::of("eu"), Region::of("us"));
    assert_eq!(shown(&scrape()), 2, "one name of two was given");
}

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
fn modules_elsewhere_have_their_own_prefix_and_labels() {
    other::cache::cache_lookups_total(true).inc();
    let scrape = scrape();
    let own = "service=\"orders\",team=\"of the configuration\",paid=\"of the configuration\"";
    assert_eq!(
        scrape.value(&format!(
            "company_cache_lookups_total{{hit=\"true\",{own}}}"
        )),
        1.0
    );
    assert_eq!(
        scrape.value(&format!("company_cache_lookups_in_progress{{{own}}}")),
        0.0
    );
    let keyword = format!("company_shop_type_total{{in=\"false\",{SHOP}");
    assert_eq!(
        scrape.sum("company_shop_type_total", &["in=\"false\""]),
        0.0
    );
    assert_eq!(lines(&scrape, &keyword).len(), 1);
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

#[test]
fn handles_say_what_they_are() {
    let shown = [
        format!("{:?}", shop::orders_total(Channel::MobileApp, false)),
        format!("{:?}", shop::packing(Outcome::Ok)),
        format!("{:?}", shop::label_size_bytes()),
    ];
    assert_eq!(
        shown,
        [
            "Counter(shop_orders_total{channel=\"mobile_app\",paid=\"false\"})",
            "UpDown(shop_packing{outcome=\"ok\"})",
            "Summary(shop_label_size_bytes)",
        ]
    );
}
