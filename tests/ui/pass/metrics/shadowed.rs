#![deny(warnings)]
#![allow(dead_code)]
use metrics_runtime::{LabelValue, metrics};

mod core {}
mod std {}
mod metrics_runtime_inner {}
enum Option {}
enum Result {}
struct String;
struct Counter;
struct Family;
struct Label;
struct Description;

#[derive(LabelValue)]
enum Some {
    None,
    Ok,
    #[label(other)]
    Self_,
}

#[metrics(prefix = "shadowed")]
mod shop {
    use super::*;

    fn core() {}

    /// Orders placed.
    pub fn orders_total(some: Some) -> Counter;
}

#[test]
fn compiles() {
    shop::orders_total(Some::of("none")).inc();
    shop::orders_total(Some::Ok).inc();
    assert_eq!(shop::orders_total(Some::None).get(), 1);
    assert_eq!(Some::text(2), ::core::option::Option::Some("other"));
}
