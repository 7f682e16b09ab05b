// lint levels on a handler mean the user's code
#![deny(warnings)]
use actix_web::{App, web};
use metrics_runtime::instrument_handler;

#[instrument_handler]
#[allow(unused_variables, unused_mut)]
async fn allowed(mut unused: String) -> &'static str {
    "allowed"
}

#[expect(unused_variables)]
#[instrument_handler]
async fn expected(unused: String) -> &'static str {
    "expected"
}

/// Greets.
///
/// At length.
#[must_use]
#[inline]
#[doc(alias = "hello")]
#[instrument_handler]
pub async fn documented() -> &'static str {
    "documented"
}

#[deprecated]
#[instrument_handler]
async fn old() -> &'static str {
    "old"
}

#[test]
fn compiles() {
    #[allow(deprecated)]
    let old = web::get().to(old);
    let _ = App::new()
        .route("/allowed", web::get().to(allowed))
        .route("/expected", web::get().to(expected))
        .route("/documented", web::get().to(documented))
        .route("/old", old);
}
