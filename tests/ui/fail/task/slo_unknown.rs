// an objective that does not exist: `latency`

use metrics_runtime::instrument_task;

#[instrument_task(slo(latency = (0.3, 99)))]
async fn nightly() {}

fn main() {}
