// a closure is no path: `|`

use metrics_runtime::instrument_task;

#[instrument_task(error_if = |_| true)]
async fn nightly() {}

fn main() {}
