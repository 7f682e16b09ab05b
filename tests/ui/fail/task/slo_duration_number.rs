// a threshold without a percentage: `60.0`

use metrics_runtime::instrument_task;

#[instrument_task(slo(duration = 60.0))]
async fn nightly() {}

fn main() {}
