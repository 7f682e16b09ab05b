// a route with a guard and a middleware
#![deny(warnings)]
use actix_web::{App, get, guard::GuardContext, middleware};
use metrics_runtime::instrument_handler;

fn guarded(_: &GuardContext<'_>) -> bool {
    true
}

#[instrument_handler]
#[get(
    "/hello",
    guard = "guarded",
    wrap = "middleware::NormalizePath::trim()"
)]
async fn hello() -> &'static str {
    "hello"
}

#[test]
fn compiles() {
    let _ = App::new().service(hello);
}
