// the option is a path: `"metrics"`

use metrics_runtime::instrument_task;

#[instrument_task(crate = "metrics")]
async fn nightly() {}

fn main() {}
