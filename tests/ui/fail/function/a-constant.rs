// a handler is a function: `HELLO`
use metrics_runtime::instrument_handler;

#[instrument_handler]
const HELLO: &str = "hello";

fn main() {
    let _ = HELLO;
}
