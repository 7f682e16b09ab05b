// as many series as asked for: `orders_total`
use metrics_runtime::metrics;

#[metrics]
mod shop {
    use metrics_runtime::Outcome;

    /// Orders placed.
    #[metric(series = 7)]
    pub fn orders_total(outcome: Outcome, paid: bool) -> Counter;
}

fn main() {}
