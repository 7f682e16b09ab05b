// a path has no spaces: `"/hello there\n"`
use actix_web::{App, web};
use metrics_runtime::instrument_handler;

#[instrument_handler(handler = "/hello there\n")]
async fn hello() -> &'static str {
    "hello"
}

fn main() {
    let _ = App::new().route("/hello", web::get().to(hello));
}
