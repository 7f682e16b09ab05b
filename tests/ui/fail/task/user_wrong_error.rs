// the user's own mistake at a question mark: `?`

use metrics_runtime::instrument_task;

struct Refused;

#[instrument_task]
fn nightly(text: &str) -> Result<u32, Refused> {
    let number = text.parse::<u32>()?;
    Ok(number)
}

fn main() {}
