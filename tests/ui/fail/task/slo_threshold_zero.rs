// no run takes no time: `0.0`

use metrics_runtime::instrument_task;

#[instrument_task(slo(duration = (0.0, 99)))]
async fn nightly() {}

fn main() {}
