// a label of the families: `error_type`

use metrics_runtime::instrument_task;

#[instrument_task(labels(error_type = "x"))]
async fn nightly() {}

fn main() {}
