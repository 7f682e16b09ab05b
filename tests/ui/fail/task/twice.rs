// the attribute twice: `instrument_task`

use metrics_runtime::instrument_task;

#[instrument_task]
#[instrument_task]
async fn nightly() {}

fn main() {}
