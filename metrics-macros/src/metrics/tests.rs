//! Expansions as files, to be reviewed.

use proc_macro2::TokenStream;
use quote::quote;

use super::{label_value, metrics};
use crate::tests::snapshot_of;

fn snapshot(name: &str, args: TokenStream, item: TokenStream) -> usize {
    snapshot_of("metrics", metrics, name, args, item)
}

fn derive_snapshot(name: &str, item: TokenStream) {
    let derive = |_, item: &TokenStream| label_value::derive(item.clone());
    snapshot_of("derive(LabelValue)", derive, name, quote!(), item);
}

#[test]
fn a_metric_is_a_function_with_its_family_inside() {
    let lines = snapshot(
        "metrics_smallest",
        quote!(),
        quote!(
            mod shop {
                /// Orders placed.
                pub fn orders_total() -> Counter;
            }
        ),
    );
    assert!(lines <= 35, "{lines} lines");
}

#[test]
fn labels_and_options_are_in_the_family() {
    snapshot(
        "metrics_options",
        quote!(
            prefix = "shop",
            labels(team = "checkout"),
            crate = some::path
        ),
        quote!(
            /// The catalogue.
            #[cfg(unix)]
            pub mod shop {
                //! Inside.
                use super::*;

                /// Orders placed.
                ///
                /// At the till.
                #[metric(series = 600)]
                #[deprecated]
                pub(crate) fn orders_total(channel: Channel, r#in: bool) -> Counter;
                /// Time to charge a card.
                #[metric(buckets = [0.05, 1], zero)]
                fn charge_duration_seconds(outcome: Outcome) -> Histogram;
                /// Bytes of receipts.
                pub fn receipt_size_bytes() -> Summary;
                /// What runs.
                pub fn build_info(version: &'static str, commit: &'static str) -> Info;

                const OTHER: u8 = 1;
                fn with_a_body() {}
            }
        ),
    );
}

#[test]
fn every_type_has_its_family() {
    snapshot(
        "metrics_types",
        quote!(),
        quote!(
            mod shop {
                use metrics_runtime::UpDown;

                /// Money taken.
                pub fn revenue_dollars_total() -> FloatCounter;
                /// Orders waiting.
                pub fn queue_length() -> metrics_runtime::Gauge;
                /// Orders being packed.
                pub fn packing() -> UpDown;
            }
        ),
    );
}

#[test]
fn refused_metrics_can_still_be_called() {
    snapshot(
        "metrics_fallback",
        quote!(colour = "red"),
        quote!(
            mod shop {
                /// Orders placed.
                pub async fn orders(channel: &str) -> Counter;
                /// Returns nothing we know.
                pub fn unknown_total(self, (a, b): (bool, bool)) -> u64;
                /// This one is right.
                pub fn right_total() -> Counter;
            }
        ),
    );
}

#[test]
fn the_derive_is_a_match() {
    derive_snapshot(
        "label_value",
        quote!(
            pub enum Channel {
                Web,
                #[label("phone")]
                CallCenter,
                #[label(other)]
                Rest,
            }
        ),
    );
    derive_snapshot(
        "label_value_fallback",
        quote!(
            #[label(crate = some::path)]
            enum Channel<T> {
                Web(T),
            }
        ),
    );
}
