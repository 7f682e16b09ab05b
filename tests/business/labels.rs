//! Names and labels.

use super::*;

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
fn every_combination_counts_for_itself() {
    LazyLock::force(&INIT);
    let channels = [
        (Channel::Web, "web"),
        (Channel::MobileApp, "mobile_app"),
        (Channel::Other, "other"),
    ];
    let outcomes = [
        (Outcome::Ok, "ok"),
        (Outcome::Error, "error"),
        (Outcome::Panic, "panic"),
        (Outcome::Cancelled, "cancelled"),
    ];
    let mut combinations = Vec::new();
    for channel in channels {
        for paid in [(false, "false"), (true, "true")] {
            for outcome in outcomes {
                combinations.push((channel, paid, outcome));
            }
        }
    }
    for (amount, (channel, paid, outcome)) in (1..).zip(&combinations) {
        shop::combined_total(channel.0, paid.0, outcome.0).inc_by(amount);
    }
    for (amount, (channel, paid, outcome)) in (1_u32..).zip(&combinations) {
        let labels = [
            ("channel", channel.1),
            ("paid", paid.1),
            ("outcome", outcome.1),
            ("team", "checkout"),
        ];
        let shown = value("company_shop_combined_total", &labels);
        assert_eq!(shown, Some(f64::from(amount)), "{labels:?}");
        let handle = shop::combined_total(channel.0, paid.0, outcome.0);
        assert_eq!(handle.get(), u64::from(amount));
    }
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
