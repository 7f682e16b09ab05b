// each parameter is an extractor: `u64`
use actix_web::{App, get, web};
use metrics_runtime::instrument_handler;

#[instrument_handler]
#[get("/hello")]
async fn hello(_path: web::Path<u32>, length: u64, _body: String) -> String {
    length.to_string()
}

fn main() {
    let _ = App::new().service(hello);
}
