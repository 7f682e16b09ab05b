// the user's own mistake in the body: `"seven"`

use metrics_runtime::instrument_task;

#[instrument_task]
async fn nightly() -> Result<u32, String> {
    Ok("seven")
}

fn main() {}
