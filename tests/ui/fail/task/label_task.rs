// a label of the families: `task`

use metrics_runtime::instrument_task;

#[instrument_task(labels(task = "x"))]
async fn nightly() {}

fn main() {}
