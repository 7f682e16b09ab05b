// a question mark that cannot convert is on the operator: `?`
use actix_web::{App, get};
use metrics_runtime::instrument_handler;

#[instrument_handler]
#[get("/hello")]
async fn hello() -> Result<String, actix_web::error::PayloadError> {
    let number: u32 = "42".parse()?;
    Ok(number.to_string())
}

fn main() {
    let _ = App::new().service(hello);
}
