#![deny(warnings)]
use metrics_runtime::{Format, metrics, render};

#[metrics(prefix = "help")]
mod shop {
    /// Orders
    /// placed.
    ///
    /// Not in the help text.
    pub fn all_orders_total() -> Counter;
    /**
    Orders placed.
    */
    pub fn block_orders_total() -> Counter;
    #[doc = "A \\ and a \"quote\"."]
    #[doc(hidden)]
    pub fn quoted_orders_total() -> Counter;
}

#[test]
fn compiles() {
    shop::all_orders_total().inc();
    shop::block_orders_total().inc();
    shop::quoted_orders_total().inc();
    let text = render(Format::Text);
    for line in [
        "# HELP help_all_orders_total Orders placed.",
        "# HELP help_block_orders_total Orders placed.",
        r#"# HELP help_quoted_orders_total A \\ and a "quote"."#,
    ] {
        assert!(text.lines().any(|found| found == line), "{line}\n{text}");
    }
}
