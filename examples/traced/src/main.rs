//! A service whose metrics lead to traces and logs: `cargo run --release --manifest-path examples/traced/Cargo.toml`.
//!
//! Spans go to an OTLP receiver, log lines carry their trace's id, and `/metrics` shows the trace of the slowest request of
//! the last minute beside each latency bucket. docs/traces.md walks from a spike to its trace.

#![forbid(unsafe_code)]

mod telemetry;

use std::{env, fmt, io, process::ExitCode, time::Duration};

use actix_web::{
    App, HttpServer, ResponseError, get, http::StatusCode, middleware::from_fn, rt::time::sleep,
    web,
};
use metrics_runtime::{Config, init, instrument_handler, metrics_scope};
use serde::Serialize;
use tracing::{instrument, warn};

#[derive(Serialize)]
struct Item {
    id: u32,
}

#[derive(Debug)]
enum StoreError {
    NotFound,
    Unavailable,
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotFound => "no such item",
            Self::Unavailable => "the database is down",
        })
    }
}

impl ResponseError for StoreError {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

/// The item 13 takes 0.4 s, the item 503 fails, and there are none above.
#[instrument_handler]
#[get("/{id}")]
async fn get_item(id: web::Path<u32>) -> Result<web::Json<Item>, StoreError> {
    let item = query(*id).await?;
    store_in_cache(&item).await;
    Ok(web::Json(item))
}

#[instrument(name = "db-query")]
async fn query(id: u32) -> Result<Item, StoreError> {
    match id {
        13 => {
            sleep(Duration::from_millis(400)).await;
            warn!(id, "slow query: no index");
            Ok(Item { id })
        }
        0..503 => Ok(Item { id }),
        503 => Err(StoreError::Unavailable),
        _ => Err(StoreError::NotFound),
    }
}

#[instrument(name = "cache-set", skip_all)]
async fn store_in_cache(_item: &Item) {}

#[actix_web::main]
async fn main() -> ExitCode {
    match serve().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("traced: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn serve() -> Result<(), Box<dyn std::error::Error>> {
    let traces = telemetry::install()?;
    init(
        Config::builder()
            .exemplars(telemetry::current_trace)
            .build()?,
    )?;
    let server = HttpServer::new(|| {
        let items = web::scope("/items")
            .wrap(from_fn(telemetry::trace_request))
            .service(get_item);
        App::new().service(metrics_scope()).service(items)
    })
    .shutdown_timeout(5)
    .bind(env::var("BIND_ADDR").unwrap_or_else(|_| "127.0.0.1:8080".to_owned()))
    .map_err(|error| {
        io::Error::new(error.kind(), format!("cannot listen on BIND_ADDR: {error}"))
    })?;
    for address in server.addrs() {
        eprintln!("listening on http://{address}; try /items/1, /items/13, /items/503");
    }
    server.run().await?;
    traces.shutdown()?;
    Ok(())
}
