// no text as a label: `String`
use actix_web::{App, HttpRequest, get};
use metrics_runtime::instrument_handler;

fn agent(_: &HttpRequest) -> String {
    String::new()
}

#[instrument_handler(label(agent: String = agent))]
#[get("/hello")]
async fn hello() -> &'static str {
    "hello"
}

fn main() {
    let _ = App::new().service(hello);
}
