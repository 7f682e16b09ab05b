//! A small service with metrics: `cargo run --release --example quickstart`.
//!
//! The attribute on each handler and `metrics_scope()` in the app are all it takes.

#![forbid(unsafe_code)]

use std::{env, io, process::ExitCode, time::Duration};

use actix_web::{App, HttpResponse, HttpServer, Responder, get, post, rt::time::sleep, web};
use examples::{Item, Store, StoreError, Ticks};
use metrics_runtime::{CatchAll, Config, ConfigError, init, instrument_handler, metrics_scope};

#[instrument_handler]
#[get("/items/{id}")]
async fn get_item(
    id: web::Path<u32>,
    store: web::Data<Store>,
) -> Result<web::Json<Item>, StoreError> {
    store.get(*id).map(web::Json)
}

#[instrument_handler]
#[post("/items")]
async fn add_item(item: web::Json<Item>, store: web::Data<Store>) -> impl Responder {
    store.put(item.clone());
    HttpResponse::Created().json(item)
}

#[instrument_handler(buckets = [0.1, 0.2, 0.4, 0.8], slo(latency = (0.4, 95)))]
#[get("/slow")]
async fn slow() -> impl Responder {
    sleep(Duration::from_millis(250)).await;
    "done\n"
}

#[instrument_handler]
#[get("/stream")]
async fn stream() -> impl Responder {
    HttpResponse::Ok().streaming(Ticks::new(5, Duration::from_millis(50)))
}

#[instrument_handler]
#[get("/fail")]
async fn fail() -> Result<&'static str, StoreError> {
    Err(StoreError::Unavailable)
}

/// The environment, and objectives for every handler that declares none: 99.9 % of the requests without a 5xx, 99 % within
/// 0.3 s.
fn config() -> Result<Config, ConfigError> {
    Config::builder().slo(99.9, (0.3, 99.0)).build()
}

fn routes(config: &mut web::ServiceConfig) {
    config
        .service(metrics_scope())
        .service(get_item)
        .service(add_item)
        .service(slow)
        .service(stream)
        .service(fail)
        .service(web::scope("/api/v1").service(get_item).service(add_item));
}

#[actix_web::main]
async fn main() -> ExitCode {
    match serve().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("quickstart: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn serve() -> Result<(), Box<dyn std::error::Error>> {
    init(config()?)?;
    let store = web::Data::new(Store::default());
    let server = HttpServer::new(move || {
        App::new()
            .wrap(CatchAll)
            .app_data(store.clone())
            .configure(routes)
    })
    .shutdown_timeout(5)
    .bind(env::var("BIND_ADDR").unwrap_or_else(|_| "127.0.0.1:8080".to_owned()))
    .map_err(|error| {
        io::Error::new(error.kind(), format!("cannot listen on BIND_ADDR: {error}"))
    })?;

    for address in server.addrs() {
        println!("listening on http://{address}; try");
        for request in [
            "/items/1",
            "/items/2",
            "/items -d '{\"id\":2,\"name\":\"kettle\"}' -H 'content-type: application/json'",
            "/api/v1/items/1",
            "/slow",
            "/stream",
            "/fail",
            "/metrics",
        ] {
            println!("  curl http://{address}{request}");
        }
    }
    server.run().await?;
    println!("stopped");
    Ok(())
}

/// The catalogue and the dashboard in the repository are those of the code: `UPDATE_ARTIFACTS=1 cargo test --examples`
/// rewrites them.
#[cfg(test)]
mod tests {
    use actix_web::test::init_service;
    use metrics_runtime::artifacts;

    use super::*;

    #[actix_web::test]
    async fn generated_files_are_up_to_date() -> Result<(), Box<dyn std::error::Error>> {
        init(config()?)?;
        let app = init_service(App::new().configure(routes)).await;
        let folder = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../deploy/generated/quickstart"
        );
        Ok(artifacts(&app).await?.check(folder)?)
    }
}
