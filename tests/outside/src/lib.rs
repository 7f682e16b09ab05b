//! Six handlers of an ordinary service, and a metric of its own made with the `prometheus` crate.

use std::sync::LazyLock;

use actix_web::{HttpResponse, Responder, delete, get, post, put, web};
use prometheus::{IntCounter, IntGauge, register_int_counter, register_int_gauge};

/// Orders placed so far.
pub static PLACED: LazyLock<IntCounter> =
    LazyLock::new(|| register_int_counter!("orders_placed_total", "Orders placed.").unwrap());

/// Orders not yet shipped.
pub static WAITING: LazyLock<IntGauge> =
    LazyLock::new(|| register_int_gauge!("orders_waiting", "Orders not yet shipped.").unwrap());

/// `/orders`
pub mod orders {
    use metrics_runtime::instrument_handler;

    use super::*;

    #[instrument_handler]
    #[get("/orders")]
    pub(crate) async fn list() -> impl Responder {
        "[]"
    }

    #[instrument_handler]
    #[post("/orders")]
    pub(crate) async fn create() -> impl Responder {
        PLACED.inc_by(3);
        WAITING.set(7);
        HttpResponse::Created()
    }

    #[instrument_handler]
    #[put("/orders/{id}")]
    pub(crate) async fn update(id: web::Path<u32>) -> impl Responder {
        id.to_string()
    }

    #[instrument_handler]
    #[delete("/orders/{id}")]
    pub(crate) async fn remove(_id: web::Path<u32>) -> impl Responder {
        HttpResponse::NoContent()
    }
}

/// `/api/users`
pub mod users {
    use metrics_runtime::instrument_handler;

    use super::*;

    #[instrument_handler]
    #[get("/users")]
    pub(crate) async fn list() -> impl Responder {
        "[]"
    }

    #[instrument_handler]
    #[get("/users/{id}")]
    pub(crate) async fn show(id: web::Path<u32>) -> impl Responder {
        id.to_string()
    }
}

/// Mounts them all.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .service(orders::list)
        .service(orders::create)
        .service(orders::update)
        .service(orders::remove)
        .service(web::scope("/api").service(users::list).service(users::show));
}

/// Method and template of each.
pub const HANDLERS: [(&str, &str); 6] = [
    ("GET", "/orders"),
    ("POST", "/orders"),
    ("PUT", "/orders/{id}"),
    ("DELETE", "/orders/{id}"),
    ("GET", "/api/users"),
    ("GET", "/api/users/{id}"),
];

/// The value of a series, written as on the page.
pub fn value(page: &str, series: &str) -> Option<f64> {
    page.lines()
        .filter_map(|line| line.rsplit_once(' '))
        .find(|(known, _)| *known == series)
        .map(|(_, value)| value.parse().unwrap())
}

/// How often a handler answered with this status.
pub fn requests(page: &str, method: &str, handler: &str, status: u16) -> Option<f64> {
    let labels = format!(r#"{{handler="{handler}",method="{method}",status="{status}"}}"#);
    value(page, &format!("http_requests_total{labels}"))
}
