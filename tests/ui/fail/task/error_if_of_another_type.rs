// a predicate takes what the function returns: `is_partial`

use metrics_runtime::instrument_task;

fn is_partial(skipped: &u32) -> bool {
    *skipped > 0
}

#[instrument_task(error_if = is_partial)]
async fn nightly() -> String {
    String::new()
}

fn main() {}
