// methods are annotated one by one: `impl`

use metrics_runtime::instrument_task;

struct Nightly;

#[instrument_task]
impl Nightly {
    fn run(&self) {}
}

fn main() {}
