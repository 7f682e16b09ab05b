// a label does not contradict the route: `"/item"`
use actix_web::{App, route};
use metrics_runtime::instrument_handler;

#[instrument_handler(handler = "/item")]
#[route("/items", method = "GET", method = "HEAD")]
async fn hello() -> &'static str {
    "hello"
}

fn main() {
    let _ = App::new().service(hello);
}
