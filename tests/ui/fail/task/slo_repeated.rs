// an objective given twice: `availability`

use metrics_runtime::instrument_task;

#[instrument_task(slo(availability = 99, availability = 99.9))]
async fn nightly() {}

fn main() {}
