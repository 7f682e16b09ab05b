// a parameter is an extractor: `Name`
use actix_web::{App, get};
use metrics_runtime::instrument_handler;

struct Name(String);

#[instrument_handler]
#[get("/hello")]
async fn hello(name: Name) -> String {
    name.0
}

fn main() {
    let _ = App::new().service(hello);
}
