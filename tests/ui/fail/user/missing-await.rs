// a future that is not awaited is on the call: `greeting()`
use actix_web::{App, get};
use metrics_runtime::instrument_handler;

async fn greeting() -> String {
    String::new()
}

#[instrument_handler]
#[get("/hello")]
async fn hello() -> String {
    greeting()
}

fn main() {
    let _ = App::new().service(hello);
}
