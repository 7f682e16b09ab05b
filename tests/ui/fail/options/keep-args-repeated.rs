// an option is given once: `keep_args`
use actix_web::{App, get};
use metrics_runtime::instrument_handler;

#[instrument_handler(keep_args, keep_args)]
#[get("/hello")]
async fn hello() -> &'static str {
    "hello"
}

fn main() {
    let _ = App::new().service(hello);
}
