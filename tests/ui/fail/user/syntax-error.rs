// a syntax error is on the token: `=`
use metrics_runtime::instrument_handler;

#[instrument_handler]
async fn hello() -> String {
    let = 42;
    String::new()
}

fn main() {
    let _ = hello;
}
