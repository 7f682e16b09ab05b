// at least one label: `label`
use actix_web::{App, get};
use metrics_runtime::instrument_handler;

#[instrument_handler(label())]
#[get("/hello")]
async fn hello() -> &'static str {
    "hello"
}

fn main() {
    let _ = App::new().service(hello);
}
