// what is answered as JSON implements Serialize: `web::Json<Item>`
use actix_web::{App, get, web};
use metrics_runtime::instrument_handler;

struct Item {
    #[allow(dead_code)]
    name: String,
}

#[instrument_handler]
#[get("/hello")]
async fn hello() -> web::Json<Item> {
    web::Json(Item {
        name: String::new(),
    })
}

fn main() {
    let _ = App::new().service(hello);
}
