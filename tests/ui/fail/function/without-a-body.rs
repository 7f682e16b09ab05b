// a handler has a body: `;`
use metrics_runtime::instrument_handler;

trait Greeter {
    #[instrument_handler]
    async fn hello() -> &'static str;
}

fn main() {}
