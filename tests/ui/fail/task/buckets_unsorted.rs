// bounds increase: `0.5`

use metrics_runtime::instrument_task;

#[instrument_task(buckets = [1.0, 0.5])]
async fn nightly() {}

fn main() {}
