// parameters have names of their own: `"/{name}/{name}"`
use actix_web::{App, web};
use metrics_runtime::instrument_handler;

#[instrument_handler(handler = "/{name}/{name}")]
async fn hello() -> &'static str {
    "hello"
}

fn main() {
    let _ = App::new().route("/hello", web::get().to(hello));
}
