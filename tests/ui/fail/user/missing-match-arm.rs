// a match that is not exhaustive is on its value: `name.len()`
use actix_web::{App, get};
use metrics_runtime::instrument_handler;

#[instrument_handler]
#[get("/hello")]
async fn hello(name: String) -> String {
    match name.len() {
        0 => String::new(),
    }
}

fn main() {
    let _ = App::new().service(hello);
}
