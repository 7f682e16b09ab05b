// an unknown type is on the type: `Jason`
use actix_web::{App, get};
use metrics_runtime::instrument_handler;

#[instrument_handler]
#[get("/hello")]
async fn hello(name: Jason<String>) -> String {
    name.0
}

fn main() {
    let _ = App::new().service(hello);
}
