// an objective is a number: `"99"`

use metrics_runtime::instrument_task;

#[instrument_task(slo(availability = "99"))]
async fn nightly() {}

fn main() {}
