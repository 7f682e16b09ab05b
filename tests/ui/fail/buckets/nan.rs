// bounds are numbers: `f64::NAN`
use actix_web::{App, get};
use metrics_runtime::instrument_handler;

#[instrument_handler(buckets = [0.1, f64::NAN])]
#[get("/hello")]
async fn hello() -> &'static str {
    "hello"
}

fn main() {
    let _ = App::new().service(hello);
}
