// a function that other code calls stays as it is: `&str`
#![deny(warnings)]
use std::collections::BTreeMap;

use actix_web::{App, get, web};
use metrics_runtime::instrument_handler;

#[instrument_handler]
async fn price(name: &str, prices: BTreeMap<String, u32>) -> Option<u32> {
    prices.get(name).copied()
}

#[instrument_handler]
#[get("/price/{name}")]
async fn show(name: web::Path<String>) -> String {
    let prices = BTreeMap::from([("teapot".to_owned(), 7)]);
    format!("{:?}", price(&name, prices).await)
}

fn main() {
    let _ = App::new().service(show);
}
