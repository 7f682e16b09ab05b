// a label fits every route of the handler: `"/items"`
use actix_web::{App, routes};
use metrics_runtime::instrument_handler;

#[instrument_handler(handler = "/items")]
#[routes]
#[get("/items")]
#[get("/goods")]
async fn hello() -> &'static str {
    "hello"
}

fn main() {
    let _ = App::new().service(hello);
}
