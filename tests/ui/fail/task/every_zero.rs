// an interval is some time: `0.0`

use metrics_runtime::instrument_task;

#[instrument_task(every = 0.0)]
async fn nightly() {}

fn main() {}
