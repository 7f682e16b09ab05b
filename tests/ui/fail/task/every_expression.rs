// an interval is a literal: `60`

use metrics_runtime::instrument_task;

#[instrument_task(every = 60 * 60)]
async fn nightly() {}

fn main() {}
