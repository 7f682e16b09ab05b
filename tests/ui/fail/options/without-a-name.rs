// an option has a name: `"/hello"`
use actix_web::{App, get};
use metrics_runtime::instrument_handler;

#[instrument_handler("/hello")]
#[get("/hello")]
async fn hello() -> &'static str {
    "hello"
}

fn main() {
    let _ = App::new().service(hello);
}
