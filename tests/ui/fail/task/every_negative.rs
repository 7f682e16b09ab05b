// an interval is not negative: `-`

use metrics_runtime::instrument_task;

#[instrument_task(every = -60.0)]
async fn nightly() {}

fn main() {}
