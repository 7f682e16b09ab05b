// a public handler with private types
#![deny(warnings)]
use actix_web::{App, web};

mod handlers {
    use actix_web::{get, web};
    use metrics_runtime::instrument_handler;
    use serde::{Deserialize, Serialize};

    #[derive(Deserialize, Serialize)]
    struct Item {
        id: u32,
    }

    #[instrument_handler]
    #[get("/items/{id}")]
    pub async fn item(query: web::Path<Item>) -> web::Json<Item> {
        web::Json(query.into_inner())
    }

    #[instrument_handler]
    pub(crate) async fn list() -> Vec<u8> {
        Vec::new()
    }
}

#[test]
fn compiles() {
    let _ = App::new()
        .service(handlers::item)
        .route("/items", web::get().to(handlers::list));
}
