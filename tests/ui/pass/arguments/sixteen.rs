// sixteen arguments
#![deny(warnings)]
use actix_web::{App, get};
use metrics_runtime::instrument_handler;

#[instrument_handler]
#[get("/hello")]
#[rustfmt::skip]
async fn hello(
    a: (), b: (), c: (), d: (), e: (), f: (), g: (), h: (),
    i: (), j: (), k: (), l: (), m: (), n: (), o: (), body: String,
) -> String {
    let () = [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o][0];
    body
}

#[test]
fn compiles() {
    let _ = App::new().service(hello);
}
