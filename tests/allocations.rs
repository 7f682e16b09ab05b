//! Heap allocations per request, above those of the same handler without the attribute.
//!
//! Without a test harness: its thread would allocate too.

#![allow(clippy::unused_async, reason = "actix wants it, await or not")]

use std::{alloc::System, future::Future, pin::pin, task::Context};

use actix_http::Request;
use actix_web::{
    App, Error, HttpResponse, Responder,
    body::MessageBody,
    dev::{Service, ServiceResponse},
    test, web,
};
use metrics_runtime::{Metrics, instrument_handler};
use serde::{Deserialize, Serialize};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

const REQUESTS: usize = 500;

#[derive(Serialize, Deserialize)]
struct Thing {
    id: u32,
}

/// The same handlers thrice: bare, with a literal label, by template.
macro_rules! handlers {
    ($module:ident $($(#[$attribute:meta])+)?) => {
        mod $module {
            use super::*;

            $($(#[$attribute])+)?
            async fn text() -> String {
                "a string of its own".to_owned()
            }

            $($(#[$attribute])+)?
            async fn json(thing: web::Json<Thing>) -> web::Json<Thing> {
                thing
            }

            $($(#[$attribute])+)?
            async fn bytes(id: web::Path<u32>) -> impl Responder {
                HttpResponse::Ok().body(vec![b'x'; *id as usize])
            }

            pub(super) fn routes(config: &mut web::ServiceConfig) {
                config
                    .route("/text", web::get().to(text))
                    .route("/json", web::post().to(json))
                    .route("/bytes/{id}", web::get().to(bytes));
            }
        }
    };
}

handlers!(bare);
handlers!(literal #[instrument_handler(handler = "/literal")]);
handlers!(template #[instrument_handler]);

const SHAPES: [&str; 3] = ["text", "json", "bytes"];

/// Requests as the server makes them from HTTP/1: a body that is announced, or none.
fn request(shape: &str) -> Request {
    let bodiless = |path: &str| {
        let request = test::TestRequest::get().uri(path).to_request();
        request.replace_payload(actix_http::Payload::None).0
    };
    match shape {
        "json" => test::TestRequest::post()
            .uri("/json")
            .insert_header(("content-length", 8))
            .set_json(Thing { id: 7 })
            .to_request(),
        "bytes" => bodiless("/bytes/100"),
        _ => bodiless("/text"),
    }
}

async fn serve<S, B>(app: &S, request: Request)
where
    S: Service<Request, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody,
{
    let response = app.call(request).await.expect("a response");
    assert_eq!(response.status().as_u16(), 200);
    let (_, response) = response.into_parts();
    let (_, body) = response.into_parts();
    let mut body = pin!(body);
    std::future::poll_fn(|cx: &mut Context<'_>| {
        while let std::task::Poll::Ready(Some(_)) = body.as_mut().poll_next(cx) {}
        std::task::Poll::Ready(())
    })
    .await;
}

/// Allocations of so many requests of a shape, once everything is warm.
async fn measure(metrics: Option<Metrics>, routes: fn(&mut web::ServiceConfig)) -> [usize; 3] {
    let mut app = App::new().configure(routes);
    if let Some(metrics) = metrics {
        app = app.app_data(metrics);
    }
    let app = test::init_service(app).await;
    let mut counts = [0; 3];
    for (shape, count) in SHAPES.into_iter().zip(&mut counts) {
        for _ in 0..50 {
            serve(&app, request(shape)).await;
        }
        let requests: Vec<_> = (0..REQUESTS).map(|_| request(shape)).collect();
        let region = Region::new(ALLOCATOR);
        for request in requests {
            serve(&app, request).await;
        }
        let change = region.change();
        *count = change.allocations + change.reallocations;
    }
    counts
}

fn main() {
    let run: &dyn Fn() -> std::pin::Pin<Box<dyn Future<Output = ()>>> = &|| Box::pin(compare());
    actix_web::rt::System::new().block_on(run());
    println!("test result: ok. 1 passed; 0 failed");
}

async fn compare() {
    let off = tests::metrics_with(|config| config.enabled(false));
    // `app_data` costs by itself: the bare app gets some too.
    let bare = measure(Some(off), bare::routes).await;
    let excluding = tests::metrics_with(|config| config.excluded_handlers(["."]));
    for (what, metrics, routes, allowed) in [
        (
            "literal label",
            tests::metrics(),
            literal::routes as fn(&mut web::ServiceConfig),
            0,
        ),
        ("by template", tests::metrics(), template::routes, 1),
        ("disabled", off, template::routes, 0),
        ("excluded, literal label", excluding, literal::routes, 0),
        ("excluded, by template", excluding, template::routes, 1),
    ] {
        let counts = measure(Some(metrics), routes).await;
        for ((shape, count), bare) in SHAPES.into_iter().zip(counts).zip(bare) {
            let above = count.saturating_sub(bare);
            println!(
                "{what}, {shape}: {above} allocations above bare in {REQUESTS} requests ({bare} bare)"
            );
            assert!(above <= allowed * REQUESTS, "{what}, {shape}");
        }
    }
    // The process-wide metrics, too, which is what most programs record in.
    let counts = measure(None, literal::routes).await;
    let bare = measure(None, bare::routes).await;
    assert_eq!(counts, bare, "process-wide, literal label");
}
