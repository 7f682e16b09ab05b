//! Everything else in the module stays as it is.
#![deny(warnings)]
use metrics_runtime::metrics;

/// Outside.
#[metrics(prefix = "other_items")]
mod shop {
    //! Inside.
    #![allow(dead_code)]

    use std::collections::VecDeque;

    /// A queue.
    pub struct Queue(pub VecDeque<u8>);

    impl Queue {
        /// Its length.
        pub fn len(&self) -> f64 {
            self.0.len() as f64
        }
    }

    pub const LIMIT: usize = {
        const fn limit() -> usize {
            7
        }
        limit()
    };

    macro_rules! one {
        () => {
            1
        };
    }

    /// Orders waiting.
    pub fn queue_length() -> Gauge;

    pub fn fill(queue: &mut Queue) {
        queue.0.extend([one!(); LIMIT]);
        queue_length().set(queue.len());
    }

    #[metrics_runtime::metrics(prefix = "inner")]
    pub mod inner {
        /// Orders placed.
        pub fn orders_total() -> Counter;
    }

    trait Method {
        fn without_body() -> u8;
    }
}

#[test]
fn compiles() {
    let mut queue = shop::Queue(Default::default());
    shop::fill(&mut queue);
    assert_eq!(shop::queue_length().get(), Some(7.0));
    shop::inner::orders_total().inc();
}
