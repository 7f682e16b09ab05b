//! Handlers that share a name, or are not to be recorded at all.

use actix_web::{App, get, post, web};
use metrics_runtime::{CatchAll, instrument_handler};
use tests::{Server, metrics, settled};

mod orders {
    use super::*;

    #[instrument_handler]
    #[post("/orders")]
    pub(super) async fn name_of_two() -> &'static str {
        "an order"
    }

    #[instrument_handler]
    #[get("/orders/{id}")]
    pub(super) async fn name_of_one(id: web::Path<u32>) -> String {
        id.to_string()
    }
}

mod users {
    use super::*;

    #[post("/users")]
    pub(super) async fn name_of_two() -> &'static str {
        "a user"
    }
}

#[test]
fn no_series_is_shown_for_an_un_annotated_handler_that_has_the_name_of_another() {
    let metrics = metrics();
    let server = Server::start(move || {
        App::new()
            .app_data(metrics)
            .service(metrics.scope())
            .service(
                web::scope("/api")
                    .service(orders::name_of_two)
                    .service(orders::name_of_one),
            )
            .service(users::name_of_two)
    });
    let scrape = server.scrape();
    assert!(!scrape.mentions("/users"), "{}", scrape.text());
    // A name nobody shares leads to its handler.
    assert_eq!(scrape.requests("/api/orders/{id}", "GET", 200), 0.0);
    assert!(scrape.mentions(r#"handler="/api/orders/{id}",method="GET",status="200""#));

    for path in ["/api/orders", "/users"] {
        assert_eq!(server.send("POST", path, &[], b"").status, 200);
    }
    let scrape = settled(metrics, 1);
    assert_eq!(scrape.requests("/api/orders", "POST", 200), 1.0);
    assert!(!scrape.mentions("/users"));
}

#[instrument_handler(skip, keep_args)]
#[get("/above/{id}")]
async fn above(id: web::Path<u32>) -> String {
    id.to_string()
}

#[get("/below/{id}")]
#[instrument_handler(skip, keep_args)]
async fn below(id: web::Path<u32>) -> String {
    id.to_string()
}

#[instrument_handler(keep_args, skip)]
async fn routed(id: web::Path<u32>) -> String {
    id.to_string()
}

#[instrument_handler(skip, keep_args)]
async fn health() -> &'static str {
    "up"
}

#[test]
fn what_is_skipped_is_never_recorded_though_its_extraction_is_refused() {
    let metrics = metrics();
    let server = Server::start(move || {
        App::new()
            .app_data(metrics)
            .service(above)
            .service(below)
            .route("/routed/{id}", web::get().to(routed))
            .route("/health", web::get().to(health))
            .wrap(CatchAll)
    });
    for (path, status) in [
        ("/above/x", 404),
        ("/below/x", 404),
        ("/routed/x", 404),
        ("/above/1", 200),
        ("/below/1", 200),
        ("/routed/1", 200),
        ("/health", 200),
    ] {
        assert_eq!(server.get(path).status, status, "{path}");
    }
    let scrape = settled(metrics, 0);
    for path in ["/above", "/below", "/routed", "/health"] {
        assert!(!scrape.mentions(path), "{path}\n{}", scrape.text());
    }
}

#[actix_web::test]
async fn what_is_skipped_and_takes_nothing_can_be_called() {
    assert_eq!(health().await.into_inner(), "up");
}
