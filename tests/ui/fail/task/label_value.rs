// a label's value is text, not an expression: `team`

use metrics_runtime::instrument_task;

fn team() -> &'static str {
    "billing"
}

#[instrument_task(labels(name = team()))]
async fn nightly() {}

fn main() {}
