// an option that does not exist: `colour`

use metrics_runtime::instrument_task;

#[instrument_task(colour = "red")]
async fn nightly() {}

fn main() {}
