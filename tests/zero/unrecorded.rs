//! Never a series for what is not recorded.

use actix_web::{App, HttpResponse, get, post, web};
use metrics_runtime::{Metrics, instrument_handler};
use tests::{Scrape, Server, metrics};

use super::{at_zero, newcomer, orders, users, zeros};

mod bare {
    use super::*;

    #[post("/zero/people")]
    pub(super) async fn create() -> &'static str {
        ""
    }

    #[post("/zero/old/zero/orders")]
    pub(super) async fn replaced() -> &'static str {
        ""
    }
}

#[test]
fn a_function_without_the_attribute_that_shares_a_name_is_not_shown() {
    let shown = zeros(|config| {
        config.service(orders::create).service(bare::create);
    });
    assert_eq!(shown, ["POST /zero/orders"]);
    // The annotated one is mounted nowhere.
    let shown = zeros(|config| {
        config.service(bare::create);
    });
    assert_eq!(shown, [""; 0]);
}

mod replaced {
    use super::*;

    #[instrument_handler]
    #[post("/zero/orders")]
    #[allow(dead_code, reason = "mounted nowhere")]
    pub(super) async fn replaced() -> &'static str {
        ""
    }
}

#[test]
fn a_path_that_ends_like_a_handler_s_is_not_shown() {
    let shown = zeros(|config| {
        config.service(bare::replaced).service(orders::list);
    });
    assert_eq!(shown, ["GET /zero/orders"]);
}

#[instrument_handler(handler = "/zero/literal")]
#[get("/zero/literal")]
async fn literal() -> &'static str {
    ""
}

#[test]
fn a_page_does_not_list_what_is_recorded_in_other_metrics() {
    let [one, another]: [Metrics; 2] = [metrics(), metrics()];
    let first = Server::start(move || {
        App::new()
            .app_data(one)
            .service(one.scope())
            .service(web::scope("/other").service(another.scope()))
            .service(literal)
            .service(users::list)
    });
    let second = Server::start(move || App::new().app_data(another).service(orders::list));
    let shown = |path: &str| at_zero(&Scrape::new(first.get(path).text()));
    assert_eq!(shown("/other/metrics"), [""; 0]);
    assert_eq!(shown("/metrics"), ["GET /zero/literal"]);
    assert_eq!(second.get("/zero/orders").status, 200);
    assert_eq!(shown("/metrics"), ["GET /zero/literal"]);
    // Its status 500 still is.
    assert_eq!(shown("/other/metrics"), ["GET /zero/orders"]);
}

#[instrument_handler(skip)]
#[get("/zero/skipped")]
async fn skipped() -> HttpResponse {
    HttpResponse::Ok().finish()
}

#[test]
fn skipped_and_excluded_handlers_are_not_shown() {
    let metrics = tests::metrics_with(|config| config.excluded_handlers(["orders$"]));
    let server = Server::start(move || {
        App::new()
            .app_data(metrics)
            .service(metrics.scope())
            .service(skipped)
            .configure(newcomer)
    });
    let shown = at_zero(&server.scrape());
    assert_eq!(shown.len(), 4, "{shown:?}");
    assert!(!shown.iter().any(|handler| handler.ends_with("orders")));
}
