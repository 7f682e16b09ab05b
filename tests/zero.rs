//! Series at zero: which handlers a scrape shows before their first request.

mod unrecorded;

use actix_web::{App, delete, get, post, put, routes, web};
use metrics_runtime::{CatchAll, instrument_handler};
use tests::{Scrape, Server, metrics, settled};

use crate::common::Refused;

/// `GET /items/{id}` of every series of `http_requests_total` that is 0, once for each handler and method.
fn at_zero(scrape: &Scrape) -> Vec<String> {
    let mut found: Vec<String> = scrape
        .samples()
        .filter(|(_, value)| *value == 0.0)
        .filter_map(|(series, _)| {
            let (_, rest) = series.split_once("http_requests_total{handler=\"")?;
            let (handler, rest) = rest.split_once("\",method=\"")?;
            let (method, _) = rest.split_once('"')?;
            Some(format!("{method} {handler}"))
        })
        // Handlers of other tests whose label is a literal, and which are mounted by hand.
        .filter(|handler| handler.contains("/zero") || handler.contains("/z{"))
        .collect();
    found.sort();
    found.dedup();
    found
}

/// What the first scrape of an `App` with these routes shows.
fn zeros(routes: fn(&mut web::ServiceConfig)) -> Vec<String> {
    let metrics = metrics();
    let server = Server::start(move || {
        App::new()
            .app_data(metrics)
            .service(metrics.scope())
            .configure(routes)
    });
    at_zero(&server.scrape())
}

mod orders {
    use super::*;

    #[instrument_handler]
    #[get("/zero/orders")]
    pub(super) async fn list() -> &'static str {
        ""
    }

    #[instrument_handler]
    #[post("/zero/orders")]
    pub(super) async fn create() -> &'static str {
        ""
    }

    #[instrument_handler]
    #[put("/zero/orders/{id}")]
    pub(super) async fn replace() -> Result<&'static str, Refused> {
        Ok("")
    }

    #[instrument_handler]
    #[delete("/zero/orders/{id}")]
    pub(super) async fn remove() -> &'static str {
        ""
    }

    #[instrument_handler]
    #[get("")]
    pub(super) async fn all() -> Result<&'static str, Refused> {
        Ok("")
    }

    #[instrument_handler(labels(team = "orders"))]
    #[get("/team")]
    pub(super) async fn team() -> &'static str {
        ""
    }
}

mod users {
    use super::*;

    #[instrument_handler]
    #[get("/users")]
    pub(super) async fn list() -> &'static str {
        ""
    }

    #[instrument_handler]
    #[get("/users/{id}")]
    pub(super) async fn show() -> &'static str {
        ""
    }

    #[instrument_handler]
    #[get("")]
    pub(super) async fn all() -> Result<&'static str, actix_web::Error> {
        Ok("")
    }

    #[instrument_handler(labels(team = "users"))]
    #[get("/team")]
    pub(super) async fn team() -> &'static str {
        ""
    }
}

fn newcomer(config: &mut web::ServiceConfig) {
    config
        .service(orders::list)
        .service(orders::create)
        .service(orders::replace)
        .service(orders::remove)
        .service(
            web::scope("/zero/api")
                .service(users::list)
                .service(users::show),
        );
}

const NEWCOMER: [&str; 6] = [
    "DELETE /zero/orders/{id}",
    "GET /zero/api/users",
    "GET /zero/api/users/{id}",
    "GET /zero/orders",
    "POST /zero/orders",
    "PUT /zero/orders/{id}",
];

#[test]
fn every_verb_on_a_path_is_shown() {
    let shown = zeros(|config| {
        config
            .service(orders::list)
            .service(orders::create)
            .service(orders::replace)
            .service(orders::remove);
    });
    assert_eq!(
        shown,
        [
            "DELETE /zero/orders/{id}",
            "GET /zero/orders",
            "POST /zero/orders",
            "PUT /zero/orders/{id}",
        ]
    );
}

#[test]
fn functions_of_one_name_in_two_modules_are_shown() {
    assert_eq!(zeros(newcomer), NEWCOMER);
    // Alone in its scope.
    let shown = zeros(|config| {
        config
            .service(web::scope("/zero/api").service(users::list))
            .service(orders::list);
    });
    assert_eq!(shown, ["GET /zero/api/users", "GET /zero/orders"]);
}

#[test]
fn functions_of_one_name_and_path_in_two_scopes_are_shown_with_what_they_share() {
    let metrics = metrics();
    let server = Server::start(move || {
        App::new()
            .app_data(metrics)
            .service(metrics.scope())
            .service(
                web::scope("/zero/a")
                    .service(orders::all)
                    .service(orders::team),
            )
            .service(
                web::scope("/zero/b")
                    .service(users::all)
                    .service(users::team),
            )
    });
    let scrape = server.scrape();
    // Which is where only a request tells: labels differ, so `team` is not shown, and errors differ.
    assert_eq!(at_zero(&scrape), ["GET /zero/a", "GET /zero/b"]);
    for handler in ["/zero/a", "/zero/b"] {
        let exceptions = |kind: &str| {
            scrape.get(&format!(
                r#"http_exceptions_total{{handler="{handler}",exception_type="{kind}"}}"#
            ))
        };
        assert_eq!(exceptions("panic"), Some(0.0));
        assert_eq!(exceptions("Refused"), None);
        assert_eq!(exceptions("Error"), None);
    }
}

#[instrument_handler]
#[get("/zero/probe")]
async fn probe() -> &'static str {
    ""
}

/// Metrics on a port of their own: the page before, and after this request to the service.
fn on_two_ports(path: &str, catch_all: bool) -> [Vec<String>; 2] {
    let metrics = metrics();
    let service = Server::start(move || {
        App::new()
            .app_data(metrics)
            .configure(newcomer)
            .service(probe)
            .wrap(actix_web::middleware::Condition::new(catch_all, CatchAll))
    });
    let private = Server::start(move || App::new().service(metrics.scope()));
    let before = at_zero(&private.scrape());
    let _ = service.get(path);
    [before, at_zero(&private.scrape())]
}

#[test]
fn a_page_on_a_port_of_its_own_shows_them_after_one_request_to_the_service() {
    for (path, catch_all) in [
        ("/zero/probe", false),
        ("/zero/probe", true),
        ("/zero/nowhere", true),
    ] {
        let [before, after] = on_two_ports(path, catch_all);
        assert_eq!(before, [""; 0], "{path}");
        for handler in NEWCOMER {
            assert!(
                after.iter().any(|shown| shown == handler),
                "{path} {handler}"
            );
        }
    }
}

#[instrument_handler]
#[get("/zero/named/{key}", name = "other")]
async fn named() -> &'static str {
    ""
}

#[instrument_handler]
#[routes]
#[get("/zero/first", name = "first")]
#[post("/zero/second")]
async fn several() -> &'static str {
    ""
}

#[instrument_handler]
#[get("zero/type")]
async fn r#type() -> &'static str {
    ""
}

#[test]
fn a_resource_with_a_name_of_its_own_or_a_raw_one_is_shown() {
    let shown = zeros(|config| {
        config.service(named).service(several).service(r#type);
    });
    assert_eq!(
        shown,
        [
            "GET /zero/first",
            "GET /zero/named/{key}",
            "GET /zero/type",
            "POST /zero/second",
        ]
    );
}

#[instrument_handler]
#[get(r"/zero/days/{day:\d{4}-\d{2}-\d{2}}")]
async fn day() -> &'static str {
    ""
}

#[instrument_handler]
#[get("/zero/{lang:(en|de)}/{tail}*")]
async fn page() -> &'static str {
    ""
}

#[test]
fn patterns_of_parameters_make_no_difference() {
    let shown = zeros(|config| {
        config
            .service(day)
            .service(web::scope(r"/z{tenant:[a-f]{8}}").service(page));
    });
    assert_eq!(
        shown,
        [
            // As the format escapes it.
            r"GET /zero/days/{day:\\d{4}-\\d{2}-\\d{2}}",
            r"GET /z{tenant:[a-f]{8}}/zero/{lang:(en|de)}/{tail}*",
        ]
    );
}

#[test]
fn requests_are_recorded_under_what_was_shown() {
    let metrics = metrics();
    let server = Server::start(move || {
        App::new()
            .app_data(metrics)
            .service(metrics.scope())
            .configure(newcomer)
            .service(day)
            .service(named)
            .service(r#type)
            .service(web::scope(r"/z{tenant:[a-f]{8}}").service(page))
    });
    let shown = server.scrape();
    assert_eq!(at_zero(&shown).len(), 10);
    for (method, path) in [
        ("GET", "/zero/orders"),
        ("POST", "/zero/orders"),
        ("PUT", "/zero/orders/1"),
        ("DELETE", "/zero/orders/1"),
        ("GET", "/zero/api/users"),
        ("GET", "/zero/api/users/1"),
        ("GET", "/zero/days/2024-02-29"),
        ("GET", "/zero/named/x"),
        ("GET", "/zero/type"),
        ("GET", "/zabcdefab/zero/de/a/b"),
    ] {
        assert_eq!(server.send(method, path, &[], b"").status, 200, "{path}");
    }
    let after = settled(metrics, 10);
    let names = |scrape: &Scrape| -> Vec<String> {
        scrape
            .samples()
            .map(|(series, _)| series.to_owned())
            .collect()
    };
    assert_eq!(names(&after), names(&shown));
    assert!(!after.samples().any(|(series, value)| {
        value == 0.0 && series.contains("zero") && series.contains("status=\"200\"")
    }));
}

#[test]
fn every_mount_is_shown() {
    let shown = zeros(|config| {
        config
            .service(web::scope("/zero/v1").service(users::show))
            .service(web::scope("/zero/v2").service(users::show));
    });
    assert_eq!(
        shown,
        ["GET /zero/v1/users/{id}", "GET /zero/v2/users/{id}"]
    );
}
