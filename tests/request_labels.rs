//! Labels whose values are found in each request, among those that the compiler knows.

use std::sync::{
    Once,
    atomic::{AtomicU32, Ordering::SeqCst},
};

use actix_web::{App, HttpRequest, get, middleware::Condition, post, web};
use metrics_runtime::{CatchAll, Format, LabelValue, Metrics, instrument_handler, label_values};
use tests::{Scrape, Server, metrics, metrics_with, settled};

use crate::common::Refused;

label_values! {
    Tenant: 3
}

#[derive(LabelValue, Clone, Copy)]
enum Tier {
    Free,
    Paid,
}

fn header<'a>(req: &'a HttpRequest, name: &str) -> &'a str {
    let value = req
        .headers()
        .get(name)
        .and_then(|value| value.to_str().ok());
    value.unwrap_or_default()
}

fn tenant_of(req: &HttpRequest) -> Tenant {
    Tenant::of(header(req, "x-tenant"))
}

fn tier_of(req: &HttpRequest) -> Tier {
    match header(req, "x-tier") {
        "paid" => Tier::Paid,
        _ => Tier::Free,
    }
}

fn set_tenants() {
    static SET: Once = Once::new();
    SET.call_once(|| Tenant::set(["acme", "globex"]).expect("two of three"));
}

#[instrument_handler(handler = "/orders", label(tenant: Tenant = tenant_of), labels(team = "shop"))]
#[post("/orders")]
async fn order(items: web::Json<Vec<u32>>) -> Result<String, Refused> {
    match items.len() {
        0 => Err(Refused(409)),
        items => Ok("x".repeat(items)),
    }
}

#[instrument_handler(label(tenant: Tenant = tenant_of, tier: Tier = tier_of))]
#[get("/items/{id}")]
async fn item(id: web::Path<u32>) -> String {
    id.to_string()
}

#[instrument_handler(label(tier: crate::request_labels::Tier = self::tier_of), keep_args)]
async fn kept(id: web::Path<u32>) -> String {
    id.to_string()
}

#[instrument_handler(handler = "/first", label(tier: Tier = tier_of))]
async fn first() -> &'static str {
    "first"
}

#[instrument_handler(handler = "/second", label(tier: Tier = tier_of))]
async fn second() -> &'static str {
    "second"
}

static ASKED: AtomicU32 = AtomicU32::new(0);

fn counted(_: &HttpRequest) -> Tier {
    ASKED.fetch_add(1, SeqCst);
    Tier::Free
}

#[instrument_handler(handler = "/counted", label(tier: Tier = counted))]
async fn counting() -> &'static str {
    "counted"
}

fn panicking(_: &HttpRequest) -> Tier {
    panic!("a label may panic")
}

#[instrument_handler(handler = "/panicking", label(tier: Tier = panicking))]
async fn panics() -> &'static str {
    "fine"
}

fn serve(metrics: Metrics, catch_all: bool) -> Server {
    set_tenants();
    Server::start(move || {
        App::new()
            .wrap(Condition::new(catch_all, CatchAll))
            .app_data(metrics)
            .service(metrics.scope())
            .service(order)
            .service(item)
            .service(web::scope("/api").service(item))
            .route("/kept/{id}", web::get().to(kept))
            .route("/first", web::get().to(first))
            .route("/second", web::get().to(second))
            .route("/counted", web::get().to(counting))
            .route("/panicking", web::get().to(panics))
    })
}

fn requests(scrape: &Scrape, handler: &str, labels: &str, status: u16) -> f64 {
    let method = if handler == "/orders" { "POST" } else { "GET" };
    scrape.value(&format!(
        "http_requests_total{{handler=\"{handler}\",method=\"{method}\",status=\"{status}\",{labels}}}"
    ))
}

const JSON: &str = "content-type: application/json";

#[test]
fn every_family_has_the_label_and_every_value_is_shown_at_zero() {
    let metrics = metrics();
    let server = serve(metrics, false);
    let before = server.scrape();
    for tenant in ["acme", "globex", "other"] {
        let labels = format!("tenant=\"{tenant}\",team=\"shop\"");
        assert_eq!(requests(&before, "/orders", &labels, 200), 0.0);
        assert_eq!(requests(&before, "/orders", &labels, 500), 0.0);
    }
    let series = |scrape: &Scrape| {
        scrape
            .samples()
            .filter(|(series, _)| series.contains("handler=\"/orders\""))
            .count()
    };
    let shown = series(&before);
    assert_eq!(
        shown % 3,
        0,
        "as many for each of three values: the third name was not given"
    );
    for (tenant, body, status) in [
        ("acme", "[1,2,3]", 200),
        ("acme", "[]", 409),
        ("globex", "[1]", 200),
        ("globex", "nonsense", 400),
        ("acme", "[1,2,3]", 200),
    ] {
        let reply = server.send(
            "POST",
            "/orders",
            &[JSON, &format!("x-tenant: {tenant}")],
            body.as_bytes(),
        );
        assert_eq!(reply.status, status);
    }
    let after = settled(metrics, 5);
    let acme = "tenant=\"acme\",team=\"shop\"";
    let globex = "tenant=\"globex\",team=\"shop\"";
    assert_eq!(requests(&after, "/orders", acme, 200), 2.0);
    assert_eq!(requests(&after, "/orders", acme, 409), 1.0);
    assert_eq!(requests(&after, "/orders", globex, 200), 1.0);
    assert_eq!(requests(&after, "/orders", globex, 400), 1.0);
    for (series, value) in [
        (
            format!("http_response_size_bytes_count{{handler=\"/orders\",{acme}}}"),
            3.0,
        ),
        (
            format!("http_request_size_bytes_sum{{handler=\"/orders\",{acme}}}"),
            16.0,
        ),
        (
            format!(
                "http_request_duration_seconds_count{{handler=\"/orders\",method=\"POST\",{globex}}}"
            ),
            2.0,
        ),
        (
            format!("http_requests_inprogress{{handler=\"/orders\",method=\"POST\",{acme}}}"),
            0.0,
        ),
        (
            format!(
                "http_exceptions_total{{handler=\"/orders\",exception_type=\"Refused\",{acme}}}"
            ),
            1.0,
        ),
        (
            format!(
                "http_exceptions_total{{handler=\"/orders\",exception_type=\"Refused\",{globex}}}"
            ),
            0.0,
        ),
    ] {
        assert_eq!(after.value(&series), value, "{series}");
    }
}

#[test]
fn no_client_can_mint_a_series() {
    let metrics = metrics();
    let server = serve(metrics, false);
    let send = |tenant: &str| {
        let headers = [JSON, &format!("x-tenant: {tenant}")];
        assert_eq!(server.send("POST", "/orders", &headers, b"[1]").status, 200);
    };
    send("acme");
    let series = |scrape: &Scrape| scrape.samples().count();
    let shown = series(&settled(metrics, 1));
    for number in 0..100 {
        send(&format!("tenant-{number}"));
    }
    let after = settled(metrics, 101);
    assert_eq!(series(&after), shown);
    assert_eq!(
        requests(&after, "/orders", "tenant=\"other\",team=\"shop\"", 200),
        100.0
    );
}

#[test]
fn several_labels_and_mounts_in_turn_are_kept_apart() {
    for catch_all in [false, true] {
        let metrics = metrics();
        let server = serve(metrics, catch_all);
        let mut client = server.connect();
        let mut sent = 0;
        for round in 1..=4 {
            for (path, times) in [("/items/1", 1), ("/api/items/2", 2)] {
                for (tenant, tier) in [
                    ("acme", "paid"),
                    ("acme", "free"),
                    ("globex", "paid"),
                    ("x", "x"),
                ] {
                    for _ in 0..times {
                        let headers = [format!("x-tenant: {tenant}"), format!("x-tier: {tier}")];
                        client.request("GET", path, &[&headers[0], &headers[1]], b"");
                        assert_eq!(client.reply("GET").expect("a response").status, 200);
                        sent += 1;
                    }
                }
            }
            let scrape = settled(metrics, sent);
            for (handler, times) in [("/items/{id}", 1.0), ("/api/items/{id}", 2.0)] {
                for (tenant, tier, count) in [
                    ("acme", "paid", f64::from(round)),
                    ("acme", "free", f64::from(round)),
                    ("globex", "paid", f64::from(round)),
                    ("globex", "free", 0.0),
                    ("other", "paid", 0.0),
                    ("other", "free", f64::from(round)),
                ] {
                    let labels = format!("tenant=\"{tenant}\",tier=\"{tier}\"");
                    assert_eq!(
                        requests(&scrape, handler, &labels, 200),
                        times * count,
                        "{labels}"
                    );
                }
            }
        }
    }
}

#[test]
fn the_values_of_one_handler_are_no_other_handler() {
    let metrics = metrics();
    let server = serve(metrics, false);
    let mut sent = 0;
    for tier in ["free", "paid", "free"] {
        for path in ["/first", "/second"] {
            let header = format!("x-tier: {tier}");
            assert_eq!(server.send("GET", path, &[&header], b"").status, 200);
            sent += 1;
        }
    }
    let scrape = settled(metrics, sent);
    for path in ["/first", "/second"] {
        assert_eq!(requests(&scrape, path, "tier=\"free\"", 200), 2.0, "{path}");
        assert_eq!(requests(&scrape, path, "tier=\"paid\"", 200), 1.0, "{path}");
    }
}

#[test]
fn kept_arguments_keep_the_label() {
    let metrics = metrics();
    let server = serve(metrics, false);
    assert_eq!(
        server.send("GET", "/kept/1", &["x-tier: paid"], b"").status,
        200
    );
    let scrape = settled(metrics, 1);
    assert_eq!(requests(&scrape, "/kept/{id}", "tier=\"paid\"", 200), 1.0);
}

#[test]
fn a_label_that_panics_breaks_no_request() {
    let metrics = metrics();
    let server = serve(metrics, false);
    assert_eq!(server.get("/panicking").text(), "fine");
    let scrape = settled(metrics, 1);
    assert_eq!(requests(&scrape, "/panicking", "tier=\"paid\"", 200), 1.0);
}

#[test]
fn nobody_asks_for_the_label_when_metrics_are_off() {
    let off = serve(metrics_with(|config| config.enabled(false)), false);
    assert_eq!(off.get("/counted").text(), "counted");
    assert_eq!(ASKED.load(SeqCst), 0);
    let on = metrics();
    assert_eq!(serve(on, false).get("/counted").text(), "counted");
    assert_eq!(ASKED.load(SeqCst), 1, "once a request");
}

#[test]
fn a_custom_label_of_the_same_name_gives_way() {
    let metrics = metrics_with(|config| config.custom_label("tier", "none"));
    let server = serve(metrics, false);
    assert_eq!(server.get("/kept/1").status, 200);
    let text = metrics.render(Format::Text);
    let line =
        "http_requests_total{handler=\"/kept/{id}\",method=\"GET\",status=\"200\",tier=\"free\"} 1";
    assert!(text.lines().any(|found| found == line), "{text}");
}
