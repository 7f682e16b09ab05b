// names that the expansion uses too
#![deny(warnings)]
#![allow(non_camel_case_types)]
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

#[instrument_handler]
async fn __captured(__argument_0: String) -> String {
    __argument_0
}

#[instrument_handler(keep_args)]
async fn __start(text: String) -> String {
    text
}

#[instrument_handler(keep_args)]
async fn __argument_0(text: String) -> String {
    text
}

const SITE: usize = 2;
const SITES: usize = 2;

#[instrument_handler]
async fn sized(numbers: web::Json<[u32; SITE]>) -> Result<web::Json<[u32; SITES]>, Of<SITE>> {
    Ok(numbers)
}

#[derive(Debug)]
struct Of<const SITE: usize>;

impl<const SITE: usize> std::fmt::Display for Of<SITE> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        SITE.fmt(f)
    }
}

impl<const SITE: usize> actix_web::ResponseError for Of<SITE> {}

#[instrument_handler]
async fn generic<const SITE: usize, __captured: ToString + 'static>(
    _: web::Data<__captured>,
) -> String {
    SITE.to_string()
}

#[allow(non_snake_case)]
#[instrument_handler]
async fn __SITE_item() -> &'static str {
    "static"
}

#[instrument_handler]
async fn __keep_args_to_call_item() -> &'static str {
    "type"
}

#[test]
fn compiles() {
    let _ = App::new()
        .service(captured)
        .service(r#type)
        .route("/item", web::get().to(item))
        .route("/start", web::get().to(start))
        .route("/names/captured", web::get().to(__captured))
        .route("/names/start", web::get().to(__start))
        .route("/names/argument", web::get().to(__argument_0))
        .route("/names/sized", web::get().to(sized))
        .route("/names/generic", web::get().to(generic::<SITE, String>))
        .route("/names/static", web::get().to(__SITE_item))
        .route("/names/type", web::get().to(__keep_args_to_call_item));
    let _ = Of::<SITES>;
}
