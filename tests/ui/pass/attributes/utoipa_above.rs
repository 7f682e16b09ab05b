// `#[utoipa::path]` with us above: the schema is that of the handler as written
#![deny(warnings)]
use actix_web::{App, get, web};
use metrics_runtime::instrument_handler;
use serde::Serialize;
use utoipa::{OpenApi, ToSchema};

#[derive(Serialize, ToSchema)]
struct Item {
    id: u32,
}

/// One item.
#[instrument_handler]
#[utoipa::path(params(("id" = u32, Path)), responses((status = 200, body = Item)))]
#[get("/items/{id}")]
async fn one_item(id: web::Path<u32>) -> web::Json<Item> {
    web::Json(Item { id: *id })
}

mod bare {
    use super::*;

    /// One item.
    #[utoipa::path(params(("id" = u32, Path)), responses((status = 200, body = Item)))]
    #[get("/items/{id}")]
    async fn one_item(id: web::Path<u32>) -> web::Json<Item> {
        web::Json(Item { id: *id })
    }

    #[derive(OpenApi)]
    #[openapi(paths(one_item))]
    pub struct Api;

    pub fn mounted() {
        let _ = App::new().service(one_item);
    }
}

#[derive(OpenApi)]
#[openapi(paths(one_item))]
struct Api;

#[test]
fn compiles() {
    let _ = App::new().service(one_item);
    bare::mounted();
    let (ours, bare) = (Api::openapi(), bare::Api::openapi());
    assert_eq!(ours.paths.paths.len(), 1);
    assert!(ours.paths == bare.paths);
    assert!(ours.components == bare.components);
}
