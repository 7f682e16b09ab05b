// a value without an option's name: `"nightly"`

use metrics_runtime::instrument_task;

#[instrument_task("nightly")]
async fn nightly() {}

fn main() {}
