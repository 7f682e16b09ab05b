//! Hooks that run after each request.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU32, Ordering::SeqCst},
};

use actix_web::{App, HttpResponse, Responder, rt, web};
use metrics_runtime::{CatchAll, Metrics, instrument_handler};
use tests::{Server, eventually, metrics_with, settled};

use crate::common::{Chunks, End, Gate};

#[instrument_handler]
async fn option() -> &'static str {
    "an option"
}

#[instrument_handler]
async fn stream() -> impl Responder {
    HttpResponse::Ok().streaming(Chunks::new(2, 10).then(End::Never))
}

#[instrument_handler]
async fn wait(gate: web::Data<Gate>) -> &'static str {
    gate.pass().await;
    "waited"
}

#[instrument_handler]
async fn panics() -> &'static str {
    panic!("handlers do")
}

fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/option", web::get().to(option))
        .route("/stream", web::get().to(stream))
        .route("/wait", web::get().to(wait))
        .route("/panic", web::get().to(panics));
}

/// Statuses that a hook saw, and how often hooks ran beside one that panics.
#[derive(Clone, Default)]
struct Hooked {
    statuses: Arc<Mutex<Vec<u16>>>,
    runs: Arc<AtomicU32>,
}

impl Hooked {
    fn metrics(&self) -> Metrics {
        let (statuses, runs) = (Arc::clone(&self.statuses), Arc::clone(&self.runs));
        metrics_with(|config| {
            config
                .on_request(move |request| statuses.lock().unwrap().push(request.status()))
                .on_request(|_| panic!("hooks do"))
                .on_request(move |_| {
                    runs.fetch_add(1, SeqCst);
                })
        })
    }

    fn await_runs(&self, count: u32) -> Vec<u16> {
        eventually("the hooks", || {
            (self.runs.load(SeqCst) >= count).then_some(())
        });
        assert_eq!(self.runs.load(SeqCst), count);
        self.statuses.lock().unwrap().clone()
    }
}

#[test]
fn hooks_run_once_for_every_outcome_and_one_that_panics_breaks_nothing() {
    let (hooked, gate) = (Hooked::default(), Gate::default());
    let metrics = hooked.metrics();
    let data = web::Data::new(gate.clone());
    let server = Server::start(move || {
        App::new()
            .app_data(metrics)
            .app_data(data.clone())
            .configure(routes)
            .wrap(CatchAll)
    });
    assert_eq!(server.get("/option").text(), "an option");
    assert_eq!(hooked.await_runs(1), [200]);
    assert_eq!(server.get("/nowhere").status, 404);
    assert_eq!(hooked.await_runs(2), [200, 404]);
    let mut client = server.connect();
    client.request("GET", "/panic", &[], b"");
    assert!(client.reply("GET").is_err());
    assert_eq!(hooked.await_runs(3), [200, 404, 500]);
    let mut client = server.connect();
    client.request("GET", "/wait", &[], b"");
    gate.await_entered(1);
    client.reset();
    assert_eq!(hooked.await_runs(4), [200, 404, 500, 499]);
    let _ = settled(metrics, 4);
}

#[test]
fn hooks_hear_of_requests_that_a_stopping_server_cuts_off() {
    let (hooked, gate) = (Hooked::default(), Gate::default());
    let metrics = hooked.metrics();
    let data = web::Data::new(gate.clone());
    let server = Server::start(move || {
        App::new()
            .app_data(metrics)
            .app_data(data.clone())
            .configure(routes)
    });
    let mut client = server.connect();
    client.request("GET", "/wait", &[], b"");
    gate.await_entered(1);
    server.stop();
    assert_eq!(hooked.await_runs(1), [499]);
    let _ = settled(metrics, 1);
}

#[test]
fn hooks_hear_of_responses_dropped_outside_of_any_task() {
    let hooked = Hooked::default();
    let metrics = hooked.metrics();
    let system = rt::System::new();
    let response = system.block_on(async {
        let app =
            actix_web::test::init_service(App::new().app_data(metrics).configure(routes)).await;
        let request = actix_web::test::TestRequest::get()
            .uri("/stream")
            .to_request();
        actix_web::test::call_service(&app, request).await
    });
    drop(response);
    assert_eq!(hooked.await_runs(1), [200]);
    let _ = settled(metrics, 1);
}

#[test]
fn a_slow_hook_does_not_delay_its_own_response() {
    let gate = Gate::default();
    let held = Arc::new(Mutex::new(()));
    let blocked = Arc::clone(&held);
    let metrics = metrics_with(|config| {
        config.on_request(move |_| {
            drop(blocked.lock());
        })
    });
    let data = web::Data::new(gate.clone());
    let server = Server::start(move || {
        App::new()
            .app_data(metrics)
            .app_data(data.clone())
            .configure(routes)
    });
    let holding = held.lock().unwrap();
    // The response is here although the hook waits for us.
    assert_eq!(server.get("/option").text(), "an option");
    drop(holding);
    let _ = settled(metrics, 1);
}
