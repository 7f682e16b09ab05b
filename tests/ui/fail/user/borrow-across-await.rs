// a borrow error is on the borrow: `name.push('!')`
use actix_web::{App, get};
use metrics_runtime::instrument_handler;

#[instrument_handler]
#[get("/hello")]
async fn hello(mut name: String) -> String {
    let first = &name;
    name.push('!');
    std::future::ready(()).await;
    first.clone()
}

fn main() {
    let _ = App::new().service(hello);
}
