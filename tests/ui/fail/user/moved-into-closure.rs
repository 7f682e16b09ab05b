// a move is on the later use: `name`
use actix_web::{App, get};
use metrics_runtime::instrument_handler;

#[instrument_handler]
#[get("/hello")]
async fn hello(name: String) -> String {
    let greet = move || name.len();
    greet();
    name
}

fn main() {
    let _ = App::new().service(hello);
}
