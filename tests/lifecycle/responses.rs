//! What handlers return.

use std::error::Error as StdError;

use actix_web::{
    App, Either, HttpRequest, HttpResponse, Responder, body::BoxBody, dev::Service,
    error::ErrorImATeapot, http::StatusCode, web,
};
use metrics_runtime::instrument_handler;
use serde::{Deserialize, Serialize};
use tests::{Server, metrics, settled};

use crate::common::Refused;

#[instrument_handler]
async fn typed_error() -> Result<&'static str, Refused> {
    Err(Refused(409))
}

#[instrument_handler]
async fn any_error() -> actix_web::Result<&'static str> {
    Err(ErrorImATeapot("short and stout"))
}

#[instrument_handler]
async fn boxed_error() -> Result<&'static str, Box<dyn StdError>> {
    Err("anything".into())
}

#[instrument_handler]
async fn result_of_impl() -> Result<impl Responder, Refused> {
    Ok::<_, Refused>(HttpResponse::Accepted().body("later"))
}

#[instrument_handler]
async fn absent() -> Option<&'static str> {
    None
}

#[instrument_handler]
async fn either() -> Either<&'static str, (String, StatusCode)> {
    Either::Right((String::from("made"), StatusCode::CREATED))
}

#[instrument_handler]
async fn tuple() -> (&'static str, StatusCode) {
    (
        "non-authoritative",
        StatusCode::NON_AUTHORITATIVE_INFORMATION,
    )
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Thing {
    id: u32,
}

#[instrument_handler]
async fn json() -> web::Json<Thing> {
    web::Json(Thing { id: 7 })
}

struct Own;

impl Responder for Own {
    type Body = BoxBody;

    fn respond_to(self, req: &HttpRequest) -> HttpResponse {
        HttpResponse::Gone().body(req.path().to_owned())
    }
}

#[instrument_handler]
async fn own() -> Own {
    Own
}

#[instrument_handler]
async fn redirect() -> web::Redirect {
    web::Redirect::to("/json")
}

#[instrument_handler]
async fn custom_head() -> impl Responder {
    "".customize().with_status(StatusCode::RESET_CONTENT)
}

#[instrument_handler]
async fn error_in_a_response() -> HttpResponse {
    HttpResponse::from_error(Refused(503))
}

#[test]
fn whatever_a_handler_returns_counts_as_what_the_client_got() {
    let metrics = metrics();
    let server = Server::start(move || {
        App::new()
            .app_data(metrics)
            .route("/typed_error", web::get().to(typed_error))
            .route("/any_error", web::get().to(any_error))
            .route("/boxed_error", web::get().to(boxed_error))
            .route("/result_of_impl", web::get().to(result_of_impl))
            .route("/absent", web::get().to(absent))
            .route("/either", web::get().to(either))
            .route("/tuple", web::get().to(tuple))
            .route("/json", web::get().to(json))
            .route("/own", web::get().to(own))
            .route("/redirect", web::get().to(redirect))
            .route("/custom_head", web::get().to(custom_head))
            .route("/error_in_a_response", web::get().to(error_in_a_response))
    });
    let expected = [
        ("/typed_error", 409, Some("Refused")),
        ("/any_error", 418, Some("Error")),
        ("/boxed_error", 500, Some("Box<dyn Error>")),
        ("/result_of_impl", 202, None),
        ("/absent", 404, None),
        ("/either", 201, None),
        ("/tuple", 203, None),
        ("/json", 200, None),
        ("/own", 410, None),
        ("/redirect", 307, None),
        ("/custom_head", 205, None),
        ("/error_in_a_response", 503, None),
    ];
    let mut bodies = Vec::new();
    for (path, status, _) in expected {
        let reply = server.get(path);
        assert_eq!(reply.status, status, "{path}");
        bodies.push(reply.body.len() as f64);
    }
    let scrape = settled(metrics, 12);
    for ((path, status, exception), bytes) in expected.into_iter().zip(bodies) {
        assert_eq!(scrape.requests(path, "GET", status), 1.0, "{path}");
        assert_eq!(
            scrape.of_handler("http_response_size_bytes_sum", path),
            bytes
        );
        let errors = scrape.of_handler("http_exceptions_total", path);
        assert_eq!(errors, f64::from(u8::from(exception.is_some())), "{path}");
        if let Some(exception) = exception {
            assert_eq!(scrape.exceptions(path, exception), 1.0);
        }
    }
}

#[test]
fn loggers_still_find_the_error_in_the_response() {
    let metrics = metrics();
    let server = Server::start(move || {
        App::new()
            .app_data(metrics)
            .wrap_fn(|req, service| {
                let response = service.call(req);
                async move {
                    let response = response.await?;
                    let error = response.response().error().map(ToString::to_string);
                    assert_eq!(error.as_deref(), Some("refused with 409"));
                    Ok(response)
                }
            })
            .route("/typed_error", web::get().to(typed_error))
    });
    assert_eq!(server.get("/typed_error").status, 409);
    assert_eq!(
        settled(metrics, 1).requests("/typed_error", "GET", 409),
        1.0
    );
}
