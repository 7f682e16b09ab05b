// a missing comment is on the handler: `pub async fn hello`
#![deny(missing_docs)]
//! A crate with a handler.

use actix_web::{App, web};
use metrics_runtime::instrument_handler;

#[instrument_handler]
pub async fn hello() -> String {
    String::new()
}

fn main() {
    let _ = App::new().route("/hello", web::get().to(hello));
}
