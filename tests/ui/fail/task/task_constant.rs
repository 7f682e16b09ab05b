// the label of a task is text, not an expression: `NAME`

use metrics_runtime::instrument_task;

const NAME: &str = "nightly";

#[instrument_task(task = NAME)]
async fn nightly() {}

fn main() {}
