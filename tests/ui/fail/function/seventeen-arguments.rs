// a handler takes at most sixteen arguments: `_17: ()`
use actix_web::{App, get};
use metrics_runtime::instrument_handler;

#[instrument_handler]
#[get("/hello")]
#[rustfmt::skip]
async fn hello(
    _1: (), _2: (), _3: (), _4: (), _5: (), _6: (), _7: (), _8: (), _9: (), _10: (), _11: (), _12: (),
    _13: (), _14: (), _15: (), _16: (), _17: (),
) -> &'static str {
    "hello"
}

fn main() {
    let _ = App::new().service(hello);
}
