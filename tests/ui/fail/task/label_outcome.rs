// a label of the families: `outcome`

use metrics_runtime::instrument_task;

#[instrument_task(labels(outcome = "x"))]
async fn nightly() {}

fn main() {}
