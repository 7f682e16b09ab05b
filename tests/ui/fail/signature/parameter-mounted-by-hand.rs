// a parameter is an extractor: `Name`
use actix_web::{App, web};
use metrics_runtime::instrument_handler;

struct Name(String);

#[instrument_handler]
async fn hello(name: Name) -> String {
    name.0
}

fn main() {
    let _ = App::new().route("/hello", web::get().to(hello));
}
