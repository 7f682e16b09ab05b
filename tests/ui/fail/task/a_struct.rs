// a type is no task: `struct`

use metrics_runtime::instrument_task;

#[instrument_task]
struct Nightly;

fn main() {}
