// `#[tracing::instrument]` with us below
#![deny(warnings)]
use actix_web::{App, get, web};
use metrics_runtime::instrument_handler;

#[get("/items/{id}")]
#[tracing::instrument(skip_all)]
#[instrument_handler]
async fn item(id: web::Path<u32>) -> Result<String, actix_web::Error> {
    Ok(id.to_string())
}

#[test]
fn compiles() {
    let _ = App::new().service(item);
}
