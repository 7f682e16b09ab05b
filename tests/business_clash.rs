//! Two modules that declare one metric: an error at start-up, in a process that has no other fault.

use metrics_runtime::{Config, InitError, init, metrics};

#[metrics(prefix = "shop")]
mod first {
    /// Orders placed.
    #[allow(dead_code)]
    fn orders_total() -> Counter;
}

mod elsewhere {
    #[metrics_runtime::metrics]
    mod second {
        /// Orders placed.
        #[allow(dead_code)]
        fn shop_orders_total(paid: bool) -> Counter;
    }
}

#[test]
fn two_declarations_of_one_name_are_an_error_that_names_both_places() {
    let line = |text: &str| {
        let mut lines = include_str!("business_clash.rs").lines();
        1 + lines.position(|line| line.contains(text)).expect("a line")
    };
    let expected = [
        format!(
            "one declared at tests/business_clash.rs:{}",
            line("fn orders_total()")
        ),
        format!(
            "one declared at tests/business_clash.rs:{}",
            line("fn shop_orders_total(")
        ),
    ];
    let config = Config::builder()
        .namespace("company")
        .build()
        .expect("valid");
    let error = init(config).expect_err("one name, two metrics");
    let InitError::NameClash { name, mut places } = error else {
        panic!("{error}");
    };
    places.sort_by_key(String::len);
    assert_eq!(name, "company_shop_orders_total");
    assert_eq!(places, expected);
    let error = InitError::NameClash { name, places };
    assert_eq!(
        error.to_string(),
        format!(
            "`company_shop_orders_total` is the name of two metrics, {} and {}; rename one",
            expected[0], expected[1]
        )
    );
}
