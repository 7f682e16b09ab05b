// a parameter is always there: `#[cfg(unix)]`
use actix_web::{App, get};
use metrics_runtime::instrument_handler;

#[instrument_handler]
#[get("/hello")]
async fn hello(#[cfg(unix)] name: String) -> String {
    name
}

fn main() {
    let _ = App::new().service(hello);
}
