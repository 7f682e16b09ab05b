//! What can be asked of `/metrics`, and where it is served.

use actix_web::{
    App,
    dev::{Service, ServiceResponse},
    error::ErrorUnauthorized,
    get, guard, web,
};
use metrics_runtime::{
    CatchAll, Config, Format, InitError, Metrics, instrument_handler, prometheus,
};
use prometheus::{Histogram, HistogramOpts, IntCounter, Registry};
use tests::{Scrape, Server, metrics, metrics_with, settled};

#[instrument_handler]
async fn option() -> &'static str {
    "an option"
}

fn routes(config: &mut web::ServiceConfig) {
    config.route("/option", web::get().to(option));
}

fn serve(metrics: Metrics) -> Server {
    Server::start(move || {
        App::new()
            .app_data(metrics)
            .service(metrics.scope())
            .configure(routes)
    })
}

#[test]
fn formats_are_negotiated() {
    let server = serve(metrics());
    let openmetrics = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    let text = "text/plain; version=0.0.4; charset=utf-8";
    for (accept, expected) in [
        ("", text),
        ("*/*", text),
        ("text/plain", text),
        ("text/html", text),
        ("application/openmetrics-text", openmetrics),
        ("application/openmetrics-text;version=1.0.0", openmetrics),
        ("application/openmetrics-text;version=2.0.0", text),
        ("application/openmetrics-text;q=0", text),
        ("application/openmetrics-text;q=0.5,text/plain;q=0.6", text),
        (
            "application/openmetrics-text;q=0.6,text/plain;q=0.5",
            openmetrics,
        ),
        (
            "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
            openmetrics,
        ),
        ("nonsense", text),
    ] {
        let reply = server.send("GET", "/metrics", &[&format!("accept: {accept}")], b"");
        assert_eq!(reply.status, 200);
        assert_eq!(reply.header("content-type"), Some(expected), "{accept}");
        assert_eq!(reply.text().ends_with("# EOF\n"), expected == openmetrics);
    }
}

#[test]
fn openmetrics_names_its_escaping_scheme_to_clients_that_ask_for_one() {
    let server = serve(metrics());
    let content_type = |accept: &str| {
        let reply = server.send("GET", "/metrics", &[&format!("accept: {accept}")], b"");
        assert_eq!(reply.status, 200);
        reply.header("content-type").unwrap().to_owned()
    };
    let openmetrics = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    // As Prometheus 3 asks.
    let prometheus = "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1";
    assert_eq!(
        content_type(prometheus),
        format!("{openmetrics}; escaping=allow-utf-8")
    );
    for (asked, named) in [
        ("allow-utf-8", "allow-utf-8"),
        ("underscores", "underscores"),
        ("dots", "underscores"),
        ("values", "underscores"),
        ("nonsense", "underscores"),
    ] {
        assert_eq!(
            content_type(&format!(
                "application/openmetrics-text;version=1.0.0;escaping={asked}"
            )),
            format!("{openmetrics}; escaping={named}")
        );
    }
    // Of several, the one with the highest quality.
    assert_eq!(
        content_type(
            "application/openmetrics-text;escaping=dots;q=0.2,application/openmetrics-text;version=1.0.0;q=0.8"
        ),
        openmetrics
    );
    // The text format of version 0.0.4 has no escaping.
    assert_eq!(
        content_type("text/plain;version=0.0.4;escaping=allow-utf-8"),
        "text/plain; version=0.0.4; charset=utf-8"
    );
}

#[test]
fn vary_names_what_the_answer_depends_on() {
    for (gzip, vary) in [(true, "accept, accept-encoding"), (false, "accept")] {
        let server = serve(metrics_with(|config| config.gzip(gzip)));
        assert_eq!(server.get("/metrics").header("vary"), Some(vary));
    }
}

#[test]
fn head_is_answered_and_other_methods_are_refused() {
    let metrics = metrics();
    let server = Server::start(move || {
        App::new()
            .app_data(metrics)
            .service(metrics.scope())
            .wrap(CatchAll)
    });
    let get = server.get("/metrics");
    let head = server.send("HEAD", "/metrics", &[], b"");
    assert_eq!(head.status, 200);
    assert_eq!(head.header("content-type"), get.header("content-type"));
    assert_eq!(
        head.header("content-length"),
        Some(get.body.len().to_string().as_str())
    );
    for method in ["POST", "PUT", "DELETE", "OPTIONS", "FOO"] {
        let refused = server.send(method, "/metrics", &[], b"");
        assert_eq!(refused.status, 405, "{method}");
        assert_eq!(refused.header("allow"), Some("GET, HEAD"));
    }
    // None of it was counted.
    let _ = settled(metrics, 0);
}

#[test]
fn the_scope_can_be_guarded_wrapped_and_served_elsewhere() {
    let metrics = metrics();
    let service = Server::start(move || App::new().app_data(metrics).configure(routes));
    let private = Server::start(move || {
        App::new().service(
            web::scope("/private")
                .guard(guard::Header("x-zone", "inside"))
                .service(metrics.scope().wrap_fn(|req, service| {
                    let allowed = req.headers().contains_key("authorization");
                    let response = allowed.then(|| service.call(req));
                    async move {
                        match response {
                            Some(response) => response.await,
                            None => Err::<ServiceResponse, _>(ErrorUnauthorized("who?")),
                        }
                    }
                })),
        )
    });
    assert_eq!(service.get("/option").status, 200);
    assert_eq!(service.get("/metrics").status, 404);
    assert_eq!(private.get("/private/metrics").status, 404);
    let zone = "x-zone: inside";
    let path = "/private/metrics";
    assert_eq!(private.send("GET", path, &[zone], b"").status, 401);
    let reply = private.send("GET", path, &[zone, "authorization: x"], b"");
    assert_eq!(
        Scrape::new(reply.text()).requests("/option", "GET", 200),
        1.0
    );
}

#[test]
fn what_the_user_registered_is_shown_too() {
    let registry = Registry::new();
    let orders = IntCounter::new("orders_total", "Orders placed.").unwrap();
    let weights = Histogram::with_opts(HistogramOpts::new("weight", "Weights.")).unwrap();
    registry.register(Box::new(orders.clone())).unwrap();
    registry.register(Box::new(weights.clone())).unwrap();
    let metrics = metrics_with(|config| config.registry(registry.clone()));
    let server = serve(metrics);
    orders.inc_by(3);
    weights.observe(0.2);
    assert_eq!(server.get("/option").status, 200);
    let scrape = server.scrape();
    assert_eq!(scrape.value("orders_total"), 3.0);
    assert_eq!(scrape.value("weight_count"), 1.0);
    assert_eq!(scrape.requests("/option", "GET", 200), 1.0);
    // And ours are there for whoever gathers the registry.
    let gathered = prometheus::TextEncoder::new()
        .encode_to_string(&registry.gather())
        .unwrap();
    assert_eq!(Scrape::new(gathered).requests("/option", "GET", 200), 1.0);

    let config = Config::builder().registry(registry).build().unwrap();
    assert!(matches!(Metrics::new(config), Err(InitError::Registry(_))));
}

#[get("/format")]
async fn format() -> &'static str {
    Format::Text.content_type()
}

#[test]
fn apps_in_one_process_do_not_mix() {
    let (one, two) = (metrics(), metrics_with(|config| config.namespace("two")));
    let first = serve(one);
    let second = Server::start(move || {
        App::new()
            .app_data(two)
            .service(format)
            .service(metrics_runtime::metrics_scope())
            .service(web::scope("/two").service(two.scope()))
            .configure(routes)
    });
    assert_eq!(first.get("/option").status, 200);
    assert_eq!(second.get("/option").status, 200);
    assert_eq!(second.get("/format").status, 200);
    let _ = settled(one, 1);
    let both = Scrape::new(second.get("/two/metrics").text());
    assert_eq!(both.sum("two_http_requests_total", &[]), 1.0);
    // The process-wide metrics, meanwhile, saw none of it.
    let global = second.scrape();
    assert_eq!(global.requests("/option", "GET", 200), 0.0);
}
