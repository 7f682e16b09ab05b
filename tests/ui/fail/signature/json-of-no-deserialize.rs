// what a body is read into implements Deserialize: `web::Json<Item>`
use actix_web::{App, get, web};
use metrics_runtime::instrument_handler;

struct Item {
    name: String,
}

#[instrument_handler]
#[get("/hello")]
async fn hello(item: web::Json<Item>) -> String {
    item.into_inner().name
}

fn main() {
    let _ = App::new().service(hello);
}
