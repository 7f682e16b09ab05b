// an unknown type is on the type, told with and without a hint: `Responze`, `Responze`
use actix_web::{App, get};
use metrics_runtime::instrument_handler;

#[instrument_handler]
#[get("/hello")]
async fn hello() -> Responze {
    "hello"
}

fn main() {
    let _ = App::new().service(hello);
}
