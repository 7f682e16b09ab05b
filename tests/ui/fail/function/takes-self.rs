// a handler is a free function: `&self`
use metrics_runtime::instrument_handler;

struct Greeter;

impl Greeter {
    #[instrument_handler]
    async fn hello(&self) -> &'static str {
        "hello"
    }
}

fn main() {
    let _ = Greeter.hello();
}
