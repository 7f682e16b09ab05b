//! What you write. `hello-expanded.rs`, beside this file, is what it becomes.

use actix_web::{App, HttpServer, get, web};
use metrics_runtime::{instrument_handler, metrics_scope};

/// Greets.
#[instrument_handler]
#[get("/hello/{name}")]
async fn hello(name: web::Path<String>) -> String {
    format!("Hello, {name}!\n")
}

#[actix_web::main]
async fn main() -> std::io::Result<()> {
    HttpServer::new(|| App::new().service(metrics_scope()).service(hello))
        .bind("127.0.0.1:8080")?
        .run()
        .await
}
