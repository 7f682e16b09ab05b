// a handler is a free function: `#[instrument_handler]`
use actix_web::{App, web};
use metrics_runtime::instrument_handler;

struct Api;

impl Api {
    #[instrument_handler]
    async fn hello(name: web::Path<String>) -> String {
        name.into_inner()
    }
}

fn main() {
    let _ = App::new().route("/hello/{name}", web::get().to(Api::hello));
}
