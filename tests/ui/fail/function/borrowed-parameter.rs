// a parameter is owned: `&str`
use actix_web::{App, get};
use metrics_runtime::instrument_handler;

#[instrument_handler]
#[get("/hello")]
async fn hello(name: &str) -> String {
    name.to_owned()
}

fn main() {
    let _ = App::new().service(hello);
}
