//! `exception_type` is the error that occurred, where the return type has several.

use actix_web::{
    App, Either, HttpResponse, Responder, ResponseError, error::ErrorGone, get, http::StatusCode,
    web,
};
use metrics_runtime::instrument_handler;
use tests::{Server, metrics, settled};

use crate::common::Refused;

#[derive(Debug)]
struct Gone;

impl std::fmt::Display for Gone {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("gone")
    }
}

impl ResponseError for Gone {
    fn status_code(&self) -> StatusCode {
        StatusCode::GONE
    }
}

/// What actix turns into another error.
struct Turned;

impl From<Turned> for actix_web::Error {
    fn from(_: Turned) -> Self {
        ErrorGone("turned")
    }
}

type ApiResult<T> = Result<T, Gone>;

#[instrument_handler]
#[get("/nested/{which}")]
async fn result_in_result(which: web::Path<String>) -> Result<Result<String, Gone>, Refused> {
    match &**which {
        "inner" => Ok(Err(Gone)),
        "outer" => Err(Refused(409)),
        _ => Ok(Ok(String::new())),
    }
}

#[instrument_handler]
#[get("/either/{which}")]
async fn result_in_either(which: web::Path<String>) -> Either<ApiResult<String>, HttpResponse> {
    match &**which {
        "inner" => Either::Left(Err(Gone)),
        "outer" => Either::Right(HttpResponse::Conflict().finish()),
        _ => Either::Left(Ok(String::new())),
    }
}

#[instrument_handler]
#[allow(clippy::type_complexity, reason = "types in types are what is tested")]
#[get("/both/{which}")]
async fn result_in_both(
    which: web::Path<String>,
) -> Either<Result<impl Responder, Gone>, Result<&'static str, Refused>> {
    match &**which {
        "inner" => Either::Left(Err(Gone)),
        "outer" => Either::Right(Err(Refused(409))),
        _ => Either::Left(Ok("fine")),
    }
}

#[instrument_handler]
#[get("/hidden/{which}")]
async fn result_hidden(which: web::Path<String>) -> actix_web::Result<ApiResult<&'static str>> {
    match &**which {
        "inner" => Ok(Err(Gone)),
        "outer" => Err(ErrorGone("hidden")),
        _ => Ok(Ok("fine")),
    }
}

#[instrument_handler]
#[allow(clippy::type_complexity, reason = "types in types are what is tested")]
#[get("/turned/{which}")]
async fn result_turned(
    which: web::Path<String>,
) -> (Result<Result<&'static str, Refused>, Turned>, StatusCode) {
    let result = match &**which {
        "inner" => Ok(Err(Refused(410))),
        "outer" => Err(Turned),
        _ => Ok(Ok("fine")),
    };
    (result, StatusCode::IM_A_TEAPOT)
}

#[test]
fn the_error_that_occurred_is_named() {
    let metrics = metrics();
    let server = Server::start(move || {
        App::new()
            .app_data(metrics)
            .service(metrics.scope())
            .service(result_in_result)
            .service(result_in_either)
            .service(result_in_both)
            .service(result_hidden)
            .service(result_turned)
    });
    let cases = [
        ("/nested", "Gone", Some("Refused")),
        ("/either", "Gone", None),
        ("/both", "Gone", Some("Refused")),
        ("/hidden", "Gone", Some("Error")),
        ("/turned", "Refused", Some("Turned")),
    ];
    // Each is shown before it occurred.
    let scrape = server.scrape();
    for (path, inner, outer) in cases {
        for error in [inner].into_iter().chain(outer) {
            let series = format!(
                r#"http_exceptions_total{{handler="{path}/{{which}}",exception_type="{error}"}}"#
            );
            assert_eq!(scrape.get(&series), Some(0.0), "{series}");
        }
    }
    for (path, ..) in cases {
        for which in ["inner", "inner", "outer", "none"] {
            let _ = server.get(&format!("{path}/{which}"));
        }
    }
    let scrape = settled(metrics, 4 * 5);
    for (path, inner, outer) in cases {
        let handler = format!("{path}/{{which}}");
        assert_eq!(scrape.exceptions(&handler, inner), 2.0, "{path} {inner}");
        let all = scrape.sum(
            "http_exceptions_total",
            &[&format!("handler=\"{handler}\"")],
        );
        assert_eq!(all, if outer.is_some() { 3.0 } else { 2.0 }, "{path}");
        if let Some(outer) = outer {
            assert_eq!(scrape.exceptions(&handler, outer), 1.0, "{path} {outer}");
        }
    }
}
