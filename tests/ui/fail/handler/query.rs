// a template ends before the query: `"/hello?name=x"`
use actix_web::{App, web};
use metrics_runtime::instrument_handler;

#[instrument_handler(handler = "/hello?name=x")]
async fn hello() -> &'static str {
    "hello"
}

fn main() {
    let _ = App::new().route("/hello", web::get().to(hello));
}
