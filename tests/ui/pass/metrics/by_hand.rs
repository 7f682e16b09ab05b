//! A label type without the derive, which promises less than it does.
#![deny(warnings)]
use metrics_runtime::{LabelValue, metrics, value};

#[derive(Clone, Copy)]
pub struct Digit(usize);

impl LabelValue for Digit {
    const COUNT: usize = 3;

    fn index(self) -> usize {
        self.0
    }

    fn text(index: usize) -> Option<&'static str> {
        ["0", "1", "2"].get(index).copied()
    }
}

#[metrics(prefix = "by_hand")]
mod shop {
    use super::Digit;

    /// Orders placed.
    pub fn orders_total(first: Digit, second: Digit) -> Counter;
}

#[test]
fn compiles() {
    shop::orders_total(Digit(0), Digit(7)).inc();
    assert_eq!(
        value("by_hand_orders_total", &[("first", "0"), ("second", "2")]),
        Some(1.0)
    );
    assert_eq!(
        value("by_hand_orders_total", &[("first", "1"), ("second", "0")]),
        Some(0.0)
    );
}
