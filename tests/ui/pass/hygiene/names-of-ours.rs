// names that the expansion uses too
#![deny(warnings)]
use actix_web::{App, get, web};
use metrics_runtime::instrument_handler;

#[instrument_handler]
#[get("/{captured}")]
async fn captured(captured: web::Path<String>) -> String {
    captured.into_inner()
}

#[instrument_handler]
#[get("/{kind}")]
async fn r#type(r#async: web::Path<String>) -> String {
    r#async.into_inner()
}

#[instrument_handler]
async fn item(a: A, site: B) -> String {
    a.into_inner() + &site.into_inner()
}

type A = web::Path<String>;
type B = web::Json<String>;

#[instrument_handler(keep_args)]
async fn start(__start: String) -> String {
    __start
}

fn main() {
    let _ = App::new()
        .service(captured)
        .service(r#type)
        .route("/item", web::get().to(item))
        .route("/start", web::get().to(start));
}
