// parameter and return type are both told: `Name`, `u64`
use actix_web::{App, get};
use metrics_runtime::instrument_handler;

struct Name;

#[instrument_handler]
#[get("/hello")]
async fn hello(_name: Name) -> u64 {
    42
}

fn main() {
    let _ = App::new().service(hello);
}
