// a handler returns something: `!`
use actix_web::{App, get};
use metrics_runtime::instrument_handler;

#[instrument_handler]
#[get("/hello")]
async fn hello() -> ! {
    loop {}
}

fn main() {
    let _ = App::new().service(hello);
}
