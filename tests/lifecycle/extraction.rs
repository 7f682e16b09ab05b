//! Extractors that fail.

use actix_web::{App, HttpResponse, Responder, error::InternalError, get, post, put, web};
use metrics_runtime::{CatchAll, instrument_handler};
use serde::{Deserialize, Serialize};
use tests::{Server, metrics, settled};

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Thing {
    id: u32,
}

#[instrument_handler]
#[post("/things")]
async fn create_thing(thing: web::Json<Thing>) -> impl Responder {
    HttpResponse::Created().json(thing)
}

#[instrument_handler]
#[get("/things/{id}")]
async fn read_thing(id: web::Path<u32>) -> impl Responder {
    web::Json(Thing { id: *id })
}

#[instrument_handler]
#[get("/find")]
async fn find_thing(query: web::Query<Thing>) -> impl Responder {
    web::Json(query.into_inner())
}

#[instrument_handler]
#[put("/upload")]
async fn upload(body: web::Bytes) -> impl Responder {
    body.len().to_string()
}

#[instrument_handler]
async fn take_form(form: web::Form<Thing>) -> impl Responder {
    form.id.to_string()
}

#[test]
fn a_failed_extraction_is_counted_under_its_handler_with_the_clients_status() {
    let json = "content-type: application/json";
    for (method, path, header, body, status, handler) in [
        ("POST", "/things", json, "{", 400, "/things"),
        ("POST", "/things", json, &" ".repeat(100), 413, "/things"),
        ("POST", "/things", "x: y", "{\"id\":1}", 400, "/things"),
        ("POST", "/things", json, "{\"id\":\"x\"}", 400, "/things"),
        ("POST", "/form", json, "id=1", 415, "/form"),
        ("GET", "/things/x", "x: y", "", 404, "/things/{id}"),
        ("GET", "/find?id=x", "x: y", "", 400, "/find"),
        ("PUT", "/upload", "x: y", &"x".repeat(100), 413, "/upload"),
    ] {
        let metrics = metrics();
        let server = Server::start(move || {
            App::new()
                .app_data(metrics)
                .app_data(web::JsonConfig::default().limit(50))
                .app_data(web::PayloadConfig::new(50))
                .service(create_thing)
                .service(read_thing)
                .service(find_thing)
                .service(upload)
                .route("/form", web::post().to(take_form))
                .wrap(CatchAll)
        });
        let reply = server.send(method, path, &[header], body.as_bytes());
        assert_eq!(reply.status, status, "{method} {path}");
        let scrape = settled(metrics, 1);
        assert_eq!(scrape.requests(handler, method, status), 1.0);
        assert_eq!(
            scrape.of_handler("http_response_size_bytes_sum", handler),
            reply.body.len() as f64
        );
        assert_eq!(scrape.sum("http_exceptions_total", &[]), 0.0);
    }
}

#[test]
fn a_failed_extraction_answers_as_the_error_handler_says() {
    let metrics = metrics();
    let server = Server::start(move || {
        let custom = web::JsonConfig::default().error_handler(|error, _| {
            InternalError::from_response(error, HttpResponse::UnprocessableEntity().body("no"))
                .into()
        });
        App::new()
            .app_data(metrics)
            .app_data(custom)
            .service(create_thing)
    });
    let reply = server.send("POST", "/things", &["content-type: application/json"], b"{");
    assert_eq!((reply.status, reply.text()), (422, "no"));
    let scrape = settled(metrics, 1);
    assert_eq!(scrape.requests("/things", "POST", 422), 1.0);
    assert_eq!(
        scrape.of_handler("http_response_size_bytes_sum", "/things"),
        2.0
    );
}
