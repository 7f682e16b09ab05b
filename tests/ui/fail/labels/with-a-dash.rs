// a label name has no dash: `team-name`
use actix_web::{App, get};
use metrics_runtime::instrument_handler;

#[instrument_handler(labels(team-name = "catalog"))]
#[get("/hello")]
async fn hello() -> &'static str {
    "hello"
}

fn main() {
    let _ = App::new().service(hello);
}
