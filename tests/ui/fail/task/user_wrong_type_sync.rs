// the user's own mistake in the body of a function: `"seven"`

use metrics_runtime::instrument_task;

#[instrument_task]
fn nightly(fail: bool) -> u32 {
    if fail {
        return 0;
    }
    "seven"
}

fn main() {}
