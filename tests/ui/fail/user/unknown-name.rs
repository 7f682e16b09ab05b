// an unknown name is on the name: `greeting`
use actix_web::{App, get};
use metrics_runtime::instrument_handler;

#[instrument_handler]
#[get("/hello")]
async fn hello() -> String {
    greeting.clone()
}

fn main() {
    let _ = App::new().service(hello);
}
