// a predicate says yes or no: `skipped`

use metrics_runtime::instrument_task;

fn skipped(skipped: &u32) -> u32 {
    *skipped
}

#[instrument_task(error_if = skipped)]
async fn nightly() -> u32 {
    0
}

fn main() {}
