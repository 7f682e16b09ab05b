// a handler is a function: `struct`
use metrics_runtime::instrument_handler;

#[instrument_handler]
struct Hello;

fn main() {
    let _ = Hello;
}
