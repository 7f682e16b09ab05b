// arguments are destructured, mutable, ignored
#![deny(warnings)]
use actix_web::{App, HttpRequest, get, post, web};
use metrics_runtime::instrument_handler;
use serde::Deserialize;

#[derive(Deserialize)]
struct Page {
    from: u32,
    size: u32,
}

#[instrument_handler]
#[get("/{shop}")]
async fn list(
    web::Query(Page { from, size: to }): web::Query<Page>,
    _: HttpRequest,
    _shop: web::Path<String>,
) -> String {
    format!("{from} {to}")
}

#[post("/")]
#[instrument_handler]
async fn append(mut body: String, mut parts: web::Bytes) -> String {
    body.push('!');
    parts.clear();
    body
}

#[test]
fn compiles() {
    let _ = App::new().service(list).service(append);
}
