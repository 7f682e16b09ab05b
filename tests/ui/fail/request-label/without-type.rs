// a type: `= is_mobile`
use actix_web::{App, HttpRequest, get};
use metrics_runtime::instrument_handler;

fn is_mobile(_: &HttpRequest) -> bool {
    true
}

#[instrument_handler(label(mobile = is_mobile))]
#[get("/hello")]
async fn hello() -> &'static str {
    "hello"
}

fn main() {
    let _ = App::new().service(hello);
}
