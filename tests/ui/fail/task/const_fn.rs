// a function that may run in the compiler: `const`

use metrics_runtime::instrument_task;

#[instrument_task]
const fn nightly() {}

fn main() {}
