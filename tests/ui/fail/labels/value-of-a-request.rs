// a value per request explodes: `user.name()`
use actix_web::{App, get};
use metrics_runtime::instrument_handler;

#[instrument_handler(labels(user = user.name()))]
#[get("/hello")]
async fn hello() -> &'static str {
    "hello"
}

fn main() {
    let _ = App::new().service(hello);
}
