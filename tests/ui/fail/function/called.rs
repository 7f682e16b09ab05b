// a handler that other code calls keeps its arguments, as the type in the message says: `double`
use actix_web::web;
use metrics_runtime::instrument_handler;

#[instrument_handler]
async fn double(number: web::Path<u32>, _: web::Bytes) -> String {
    (*number * 2).to_string()
}

fn main() {
    let _ = double(web::Path::from(21), web::Bytes::new());
}
