// no text as a label: `&'static str`
use actix_web::{App, HttpRequest, get};
use metrics_runtime::instrument_handler;

fn agent(_: &HttpRequest) -> &'static str {
    ""
}

#[instrument_handler(label(agent: &'static str = agent))]
#[get("/hello")]
async fn hello() -> &'static str {
    "hello"
}

fn main() {
    let _ = App::new().service(hello);
}
