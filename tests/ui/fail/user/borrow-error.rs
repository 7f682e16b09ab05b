// a borrow error is on the use: `name`
use actix_web::{App, get};
use metrics_runtime::instrument_handler;

#[instrument_handler]
#[get("/hello")]
async fn hello(name: String) -> String {
    drop(name);
    name
}

fn main() {
    let _ = App::new().service(hello);
}
