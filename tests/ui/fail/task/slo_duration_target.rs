// a percentage below 50: `5`

use metrics_runtime::instrument_task;

#[instrument_task(slo(duration = (60.0, 5)))]
async fn nightly() {}

fn main() {}
