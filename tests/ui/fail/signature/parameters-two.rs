// each parameter is an extractor: `Name`, `u64`
use actix_web::{App, get};
use metrics_runtime::instrument_handler;

struct Name(String);

#[instrument_handler]
#[get("/hello")]
async fn hello(name: Name, length: u64) -> String {
    name.0[..length as usize].to_owned()
}

fn main() {
    let _ = App::new().service(hello);
}
