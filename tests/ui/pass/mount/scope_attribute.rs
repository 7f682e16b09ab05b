// handlers in a module under `#[scope]`
#![deny(warnings)]
use actix_web::{App, scope};

#[scope("/api")]
mod api {
    use actix_web::{Responder, get, post, web};
    use metrics_runtime::instrument_handler;

    #[instrument_handler]
    #[get("/items/{id}")]
    pub async fn item(id: web::Path<u32>) -> impl Responder {
        id.to_string()
    }

    #[post("/items")]
    #[instrument_handler(handler = "/api/items")]
    pub async fn create(name: String) -> impl Responder {
        name
    }
}

#[test]
fn compiles() {
    let _ = App::new().service(api::item).service(api::create);
}
