// an interval is a number: `"1h"`

use metrics_runtime::instrument_task;

#[instrument_task(every = "1h")]
async fn nightly() {}

fn main() {}
