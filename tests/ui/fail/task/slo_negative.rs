// an objective is no negative number: `-`

use metrics_runtime::instrument_task;

#[instrument_task(slo(availability = -99))]
async fn nightly() {}

fn main() {}
