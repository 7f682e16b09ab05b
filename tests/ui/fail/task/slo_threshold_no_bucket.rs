// a threshold that is no bucket of the list: `45.0`

use metrics_runtime::instrument_task;

#[instrument_task(buckets = [30.0, 60.0], slo(duration = (45.0, 95)))]
async fn nightly() {}

fn main() {}
