// a label names the parameters of the route: `"/items/{name}"`
use actix_web::{App, get};
use metrics_runtime::instrument_handler;

#[instrument_handler(handler = "/items/{name}")]
#[get("/items/{id}")]
async fn hello() -> &'static str {
    "hello"
}

fn main() {
    let _ = App::new().service(hello);
}
