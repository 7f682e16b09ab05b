// mistakes of the attribute and of the function are told at once: `fn`, `&str`, `hello`, `""`
use actix_web::App;
use metrics_runtime::instrument_handler;

#[instrument_handler(labels(team = ""))]
#[actix_web::get("/hello")]
fn hello(name: &str) {
    drop(name)
}

fn main() {
    let _ = App::new().service(hello);
}
