// a handler that nobody mounts is dead code: `hello`
#![deny(dead_code)]
use metrics_runtime::instrument_handler;

#[instrument_handler]
async fn hello() -> String {
    String::new()
}

fn main() {}
