//! The cases of `prometheus-fastapi-instrumentator`'s own tests, by their numbers, on one service.

mod endpoint;
mod labels;
mod values;

use std::time::Duration;

use actix_web::{App, HttpResponse, Responder, get, post, web};
use metrics_runtime::{CatchAll, Metrics, instrument_handler};
use tests::Server;

use crate::common::{Chunks, Gate, Refused};

#[instrument_handler]
#[get("/")]
async fn acceptance_root() -> impl Responder {
    "hello"
}

#[instrument_handler]
#[get("/ignore")]
async fn acceptance_ignore() -> impl Responder {
    "ignore me"
}

#[instrument_handler]
#[get("/items/{item_id}")]
async fn acceptance_item(item: web::Path<u32>) -> Result<String, Refused> {
    if *item == 404 {
        return Err(Refused(404));
    }
    Ok(format!("item {item}"))
}

#[instrument_handler]
#[post("/items")]
async fn acceptance_create(body: web::Bytes) -> impl Responder {
    HttpResponse::Created().body(body)
}

#[instrument_handler]
#[get("/slow")]
async fn acceptance_slow(gate: web::Data<Gate>) -> impl Responder {
    gate.pass().await;
    "at last"
}

#[instrument_handler]
#[get("/stream")]
async fn acceptance_stream() -> impl Responder {
    HttpResponse::Ok().streaming(Chunks::new(3, 10).every(Duration::from_millis(40)))
}

#[instrument_handler]
#[get("/large/{way}")]
async fn acceptance_large(way: web::Path<String>) -> impl Responder {
    if *way == "bulk" {
        HttpResponse::Ok().body(vec![b'x'; 5_000_000])
    } else {
        HttpResponse::Ok().streaming(Chunks::new(50, 100_000))
    }
}

fn routes(config: &mut web::ServiceConfig) {
    config
        .service(acceptance_root)
        .service(acceptance_ignore)
        .service(acceptance_item)
        .service(acceptance_create)
        .service(acceptance_slow)
        .service(acceptance_stream)
        .service(acceptance_large);
}

fn serve(metrics: Metrics) -> Server {
    Server::start(move || {
        App::new()
            .app_data(metrics)
            .service(metrics.scope())
            .configure(routes)
    })
}

fn serve_with_catch_all(metrics: Metrics) -> Server {
    Server::start(move || {
        App::new()
            .app_data(metrics)
            .service(metrics.scope())
            .configure(routes)
            .wrap(CatchAll)
    })
}
