// a task is called something: `""`

use metrics_runtime::instrument_task;

#[instrument_task(task = "")]
async fn nightly() {}

fn main() {}
