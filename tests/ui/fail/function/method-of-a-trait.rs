// a handler is a free function: `#[instrument_handler(`
use metrics_runtime::instrument_handler;

trait Greeter {
    #[instrument_handler(handler = "/hello")]
    async fn hello() -> &'static str {
        "hello"
    }
}

struct Api;

impl Greeter for Api {}

fn main() {
    let _ = Api::hello();
}
