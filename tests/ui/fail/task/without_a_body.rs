// a method that is only declared: `;`

use metrics_runtime::instrument_task;

trait Nightly {
    #[instrument_task]
    fn run(&self);
}

fn main() {}
