// an error has a response: `Result<String, NotFound>`
use actix_web::{App, get};
use metrics_runtime::instrument_handler;

#[derive(Debug)]
struct NotFound;

#[instrument_handler]
#[get("/hello")]
async fn hello() -> Result<String, NotFound> {
    Err(NotFound)
}

fn main() {
    let _ = App::new().service(hello);
}
