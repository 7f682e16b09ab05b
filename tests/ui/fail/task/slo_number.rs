// objectives are a list: `slo`

use metrics_runtime::instrument_task;

#[instrument_task(slo = 99)]
async fn nightly() {}

fn main() {}
