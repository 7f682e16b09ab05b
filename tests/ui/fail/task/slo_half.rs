// an objective that half of the runs may miss: `50`

use metrics_runtime::instrument_task;

#[instrument_task(slo(availability = 50))]
async fn nightly() {}

fn main() {}
