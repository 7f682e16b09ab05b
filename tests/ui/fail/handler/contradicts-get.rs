// a label does not contradict the route: `"/item/{id}"`
use actix_web::{App, get};
use metrics_runtime::instrument_handler;

#[instrument_handler(handler = "/item/{id}")]
#[get("/items/{id}")]
async fn hello() -> &'static str {
    "hello"
}

fn main() {
    let _ = App::new().service(hello);
}
