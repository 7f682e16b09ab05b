// mistakes are told all at once: `colour`, `const`, `0`

use metrics_runtime::instrument_task;

#[instrument_task(every = 0, colour = "red")]
const fn nightly() {}

fn main() {}
