// an option given twice: `every`

use metrics_runtime::instrument_task;

#[instrument_task(every = 60.0, task = "nightly", every = 3600.0)]
async fn nightly() {}

fn main() {}
