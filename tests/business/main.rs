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

mod kinds;
mod labels;
mod process;

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
    Config, Format, InitError, LabelValue, LabelValuesError, Metrics, Outcome, init,
    instrument_handler, label_values, metrics, metrics_scope, prometheus, registry, render, value,
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
    refuse_a_registry_with_our_name();
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
    /// Each combination counts for itself.
    pub fn combined_total(channel: Channel, paid: bool, outcome: Outcome) -> Counter;
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

/// What the registry holds at `init` is compared with what is declared; a refused `init` changes nothing.
fn refuse_a_registry_with_our_name() {
    let holding = prometheus::Registry::new();
    let others = prometheus::IntCounter::new("company_shop_orders_total", "Another.");
    holding
        .register(Box::new(others.expect("a valid name")))
        .expect("an empty registry");
    let config = Config::builder()
        .namespace("company")
        .registry(holding)
        .build()
        .expect("a valid configuration");
    match init(config) {
        Err(InitError::NameClash { name, places }) => {
            assert_eq!(name, "company_shop_orders_total");
            assert_eq!(places[0], "one that the registry holds");
            assert!(
                places[1].starts_with("one declared at tests/business/main.rs:"),
                "{places:?}"
            );
        }
        other => panic!("{other:?}"),
    }
}
