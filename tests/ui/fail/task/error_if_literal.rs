// the option is the path of a function: `"is_partial"`

use metrics_runtime::instrument_task;

#[instrument_task(error_if = "is_partial")]
async fn nightly() {}

fn main() {}
