// the user forgets to return: `{}`

use metrics_runtime::instrument_task;

#[instrument_task]
async fn nightly() -> u32 {}

fn main() {}
