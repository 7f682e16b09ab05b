// no objective: `slo`

use metrics_runtime::instrument_task;

#[instrument_task(slo())]
async fn nightly() {}

fn main() {}
