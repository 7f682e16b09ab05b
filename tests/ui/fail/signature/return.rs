// a handler returns a responder: `Name`
use actix_web::{App, get};
use metrics_runtime::instrument_handler;

pub struct Name(pub String);

#[instrument_handler]
#[get("/hello")]
async fn hello() -> Name {
    Name(String::new())
}

fn main() {
    let _ = App::new().service(hello);
}
