// an objective that no run may miss: `100`

use metrics_runtime::instrument_task;

#[instrument_task(slo(availability = 100))]
async fn nightly() {}

fn main() {}
