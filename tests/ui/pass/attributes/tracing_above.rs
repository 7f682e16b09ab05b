// `#[tracing::instrument]` with us above
#![deny(warnings)]
use actix_web::{App, get, web};
use metrics_runtime::instrument_handler;

#[instrument_handler]
#[get("/items/{id}")]
#[tracing::instrument(skip_all, fields(id = %id), ret, err)]
async fn item(id: web::Path<u32>) -> Result<String, actix_web::Error> {
    Ok(id.to_string())
}

#[test]
fn compiles() {
    let _ = App::new().service(item);
}
