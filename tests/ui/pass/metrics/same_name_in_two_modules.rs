#![deny(warnings)]
use metrics_runtime::{metrics, value};

#[metrics(prefix = "web")]
mod web {
    /// Orders placed.
    pub fn orders_total() -> Counter;
}

#[metrics(prefix = "phone")]
mod phone {
    /// Orders placed.
    pub fn orders_total() -> Counter;
}

#[test]
fn compiles() {
    web::orders_total().inc();
    phone::orders_total().inc_by(2);
    assert_eq!(value("web_orders_total", &[]), Some(1.0));
    assert_eq!(value("phone_orders_total", &[]), Some(2.0));
}
