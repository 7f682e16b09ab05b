// a label name is ASCII: `équipe`
use actix_web::{App, get};
use metrics_runtime::instrument_handler;

#[instrument_handler(labels(équipe = "catalogue"))]
#[get("/hello")]
async fn hello() -> &'static str {
    "hello"
}

fn main() {
    let _ = App::new().service(hello);
}
