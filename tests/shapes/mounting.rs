//! Where the attribute stands, and how a handler is mounted.

use actix_web::{App, HttpRequest, Responder, get, route, routes, web};
use metrics_runtime::instrument_handler;
use tests::{Server, metrics, settled};

#[instrument_handler]
#[get("/above/{id}")]
async fn above(id: web::Path<u32>) -> String {
    id.to_string()
}

#[get("/below/{id}")]
#[instrument_handler]
async fn below(id: web::Path<u32>) -> String {
    id.to_string()
}

#[instrument_handler]
async fn routed(id: web::Path<u32>) -> String {
    id.to_string()
}

#[instrument_handler]
#[routes]
#[get("/many/{id}")]
#[post("/many/{id}")]
#[delete("/more/{id}")]
async fn many(id: web::Path<u32>) -> String {
    id.to_string()
}

#[routes]
#[get("/several/{id}")]
#[patch("/several/{id}")]
#[instrument_handler]
async fn several(id: web::Path<u32>) -> String {
    id.to_string()
}

#[instrument_handler]
#[route("/custom", method = "GET", method = "PURGE")]
async fn custom() -> &'static str {
    "custom"
}

trait Backend: 'static {
    fn name() -> &'static str;
}

struct Postgres;
struct Memory;

impl Backend for Postgres {
    fn name() -> &'static str {
        "postgres"
    }
}

impl Backend for Memory {
    fn name() -> &'static str {
        "memory"
    }
}

#[instrument_handler]
async fn generic<B: Backend>(_req: HttpRequest) -> impl Responder {
    B::name()
}

#[test]
fn the_attributes_place_and_the_way_of_mounting_make_no_difference() {
    let metrics = metrics();
    let server = Server::start(move || {
        App::new()
            .app_data(metrics)
            .service(above)
            .service(below)
            .route("/routed/{id}", web::get().to(routed))
            .service(web::resource("/resource/{id}").to(routed))
            .service(many)
            .service(several)
            .service(custom)
            .route("/pg", web::get().to(generic::<Postgres>))
            .route("/mem", web::get().to(generic::<Memory>))
    });
    let cases = [
        ("GET", "/above/1", "/above/{id}"),
        ("GET", "/below/1", "/below/{id}"),
        ("GET", "/routed/1", "/routed/{id}"),
        ("PUT", "/resource/1", "/resource/{id}"),
        ("GET", "/many/1", "/many/{id}"),
        ("POST", "/many/1", "/many/{id}"),
        ("DELETE", "/more/1", "/more/{id}"),
        ("GET", "/several/1", "/several/{id}"),
        ("PATCH", "/several/1", "/several/{id}"),
        ("GET", "/custom", "/custom"),
        ("PURGE", "/custom", "/custom"),
        ("GET", "/pg", "/pg"),
        ("GET", "/mem", "/mem"),
    ];
    for (method, path, _) in cases {
        assert_eq!(server.send(method, path, &[], b"").status, 200, "{path}");
    }
    let scrape = settled(metrics, 13);
    for (method, _, handler) in cases {
        let method = if method == "PURGE" { "other" } else { method };
        assert_eq!(
            scrape.requests(handler, method, 200),
            1.0,
            "{method} {handler}"
        );
    }
}
