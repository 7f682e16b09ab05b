//! Handlers, extractors and responders that panic.

use actix_web::{App, HttpRequest, HttpResponse, Responder, body::BoxBody, get, rt, web};
use metrics_runtime::{CatchAll, instrument_handler};
use tests::{Server, metrics, settled};

#[instrument_handler]
#[get("/panic/{when}")]
async fn panics(when: web::Path<String>) -> &'static str {
    if *when == "after" {
        rt::task::yield_now().await;
    }
    panic!("handlers do")
}

struct Grenade;

impl actix_web::FromRequest for Grenade {
    type Error = actix_web::Error;
    type Future = std::pin::Pin<Box<dyn Future<Output = Result<Self, Self::Error>>>>;

    fn from_request(req: &HttpRequest, _: &mut actix_web::dev::Payload) -> Self::Future {
        assert!(req.query_string() != "now", "extractors do");
        Box::pin(async { panic!("extractors do, later") })
    }
}

#[instrument_handler]
#[get("/grenade")]
async fn grenade(_: Grenade) -> &'static str {
    "never"
}

struct PanickingResponder;

impl Responder for PanickingResponder {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        panic!("responders do")
    }
}

#[instrument_handler]
#[get("/responder")]
async fn panicking_responder() -> PanickingResponder {
    PanickingResponder
}

#[instrument_handler]
#[get("/things/{id}")]
async fn read_thing(id: web::Path<u32>) -> String {
    id.to_string()
}

#[test]
fn a_panic_is_500_and_the_server_goes_on() {
    for (path, handler) in [
        ("/panic/before", "/panic/{when}"),
        ("/panic/after", "/panic/{when}"),
        ("/grenade?now", "/grenade"),
        ("/grenade?later", "/grenade"),
        ("/responder", "/responder"),
    ] {
        for catch_all in [false, true] {
            let metrics = metrics();
            let server = Server::start(move || {
                App::new()
                    .app_data(metrics)
                    .service(panics)
                    .service(grenade)
                    .service(panicking_responder)
                    .service(read_thing)
                    .wrap(actix_web::middleware::Condition::new(catch_all, CatchAll))
            });
            let mut client = server.connect();
            client.request("GET", path, &[], b"");
            assert!(client.reply("GET").is_err(), "the connection ends");
            let scrape = settled(metrics, 1);
            assert_eq!(scrape.requests(handler, "GET", 500), 1.0, "{path}");
            assert_eq!(scrape.exceptions(handler, "panic"), 1.0, "{path}");
            assert_eq!(server.get("/things/1").status, 200);
            let _ = settled(metrics, 2);
        }
    }
}
