//! Templates, shared state, and JSON error handlers.

use std::sync::{
    Mutex,
    atomic::{AtomicU32, Ordering::SeqCst},
};

use actix_web::{
    App, Error, HttpRequest, HttpResponse, Responder, Result,
    dev::ServiceResponse,
    get,
    http::{StatusCode, header::ContentType},
    middleware::{ErrorHandlerResponse, ErrorHandlers},
    post, web,
};
use metrics_runtime::{CatchAll, instrument_handler};
use serde::{Deserialize, Serialize};
use tests::{Server, metrics, settled};

use crate::common::Refused;

struct Visits {
    count: AtomicU32,
    names: Mutex<Vec<String>>,
}

#[instrument_handler]
#[get("/page/{name}")]
async fn page(state: web::Data<Visits>, path: web::Path<String>) -> Result<impl Responder, Error> {
    let name = path.into_inner();
    state.names.lock().unwrap().push(name.clone());
    let visit = state.count.fetch_add(1, SeqCst) + 1;
    Ok(HttpResponse::Ok()
        .content_type(ContentType::html())
        .body(format!("<p>{name}, visit {visit}</p>")))
}

#[derive(Deserialize, Serialize)]
struct Login {
    user: String,
}

#[instrument_handler]
#[post("/login")]
async fn login(
    web::Json(Login { user }): web::Json<Login>,
    mut _request: HttpRequest,
    web::Query(_): web::Query<Vec<(String, String)>>,
) -> Result<web::Json<Login>, Refused> {
    if user.is_empty() {
        return Err(Refused(401));
    }
    Ok(web::Json(Login { user }))
}

#[expect(clippy::unnecessary_wraps, reason = "actix asks for it")]
fn not_found<B>(response: ServiceResponse<B>) -> Result<ErrorHandlerResponse<B>> {
    let (request, _) = response.into_parts();
    let replaced = HttpResponse::NotFound().body("nothing here");
    Ok(ErrorHandlerResponse::Response(
        ServiceResponse::new(request, replaced).map_into_right_body(),
    ))
}

#[test]
fn handlers_with_state_and_error_handlers_count_as_their_client_saw_them() {
    let metrics = metrics();
    let visits = web::Data::new(Visits {
        count: AtomicU32::new(0),
        names: Mutex::default(),
    });
    let server = Server::start({
        let visits = visits.clone();
        move || {
            App::new()
                .app_data(metrics)
                .app_data(visits.clone())
                .wrap(ErrorHandlers::new().handler(StatusCode::NOT_FOUND, not_found))
                .wrap(CatchAll)
                .service(page)
                .service(login)
        }
    });
    assert_eq!(server.get("/page/anna").text(), "<p>anna, visit 1</p>");
    let json = ["content-type: application/json"];
    for (body, status) in [
        (r#"{"user":"a"}"#, 200),
        (r#"{"user":""}"#, 401),
        ("{", 400),
    ] {
        let reply = server.send("POST", "/login", &json, body.as_bytes());
        assert_eq!(reply.status, status);
    }
    assert_eq!(server.get("/absent").text(), "nothing here");
    assert_eq!(*visits.names.lock().unwrap(), ["anna"]);
    let scrape = settled(metrics, 5);
    assert_eq!(scrape.requests("/page/{name}", "GET", 200), 1.0);
    for status in [200, 401, 400] {
        assert_eq!(scrape.requests("/login", "POST", status), 1.0);
    }
    assert_eq!(scrape.exceptions("/login", "Refused"), 1.0);
    assert_eq!(scrape.requests("none", "GET", 404), 1.0);
}
