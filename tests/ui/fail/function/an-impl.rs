// a handler is a function: `impl`
use metrics_runtime::instrument_handler;

struct Greeter;

#[instrument_handler]
impl Greeter {
    fn hello() {}
}

fn main() {
    Greeter::hello();
}
