//! A server of a worker's own.

use std::{
    io::ErrorKind,
    net::{SocketAddr, TcpListener},
};

use metrics_runtime::{instrument_task, serve};
use tests::{Client, Reply, Scrape};

use super::executors::EXECUTORS;
use crate::run_alone;

fn get(address: SocketAddr, path: &str) -> Reply {
    let mut client = Client::connect(address).expect("it accepts");
    client.request("GET", path, &[], b"");
    client.reply("GET").expect("a response")
}

#[instrument_task(task = "served")]
fn served() {}

#[test]
fn it_serves_until_it_is_stopped_and_gives_the_port_back() {
    served();
    let server = serve("127.0.0.1:0").unwrap();
    let address = server.addr();
    let reply = get(address, "/metrics");
    assert_eq!(reply.status, 200);
    let scrape = Scrape::new(reply.text());
    assert_eq!(
        scrape.value(r#"task_runs_total{task="served",outcome="ok"}"#),
        1.0
    );
    assert_eq!(get(address, "/").status, 404);
    // A connection that is kept alive keeps nothing up.
    let _kept = Client::connect(address).unwrap();
    server.stop();
    let again = serve(address).unwrap();
    assert_eq!(get(address, "/metrics").status, 200);
    again.stop();
    assert!(Client::connect(address).is_err());
}

#[test]
fn dropped_it_goes_on_serving() {
    let address = serve("127.0.0.1:0").unwrap().addr();
    for _ in 0..3 {
        assert_eq!(get(address, "/metrics").status, 200);
    }
}

#[test]
fn it_starts_and_stops_in_every_executor() {
    for (_, run) in EXECUTORS {
        run(Box::pin(async {
            let server = serve("127.0.0.1:0").unwrap();
            assert_eq!(get(server.addr(), "/metrics").status, 200);
            server.stop();
        }));
    }
}

#[test]
fn a_port_in_use_is_an_error() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let error = serve(address).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AddrInUse);
    assert_eq!(
        error.to_string(),
        format!("cannot serve metrics on {address}: Address already in use (os error 98)")
    );
}

#[test]
fn an_address_of_another_machine_is_an_error() {
    let error = serve("192.0.2.1:9102").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AddrNotAvailable);
    assert_eq!(
        error.to_string(),
        "cannot serve metrics on 192.0.2.1:9102: Cannot assign requested address (os error 99)"
    );
    assert!(serve("no port").is_err());
}

#[test]
fn disabled_metrics_are_not_found() {
    run_alone("workers::serve::disabled", &[("ENABLE_METRICS", "no")]);
}

#[test]
#[ignore = "run by another, with an environment"]
fn disabled() {
    let server = serve("127.0.0.1:0").unwrap();
    assert_eq!(get(server.addr(), "/metrics").status, 404);
}

#[test]
fn an_invalid_environment_is_an_error() {
    run_alone(
        "workers::serve::invalid",
        &[("METRICS_LATENCY_BUCKETS", "x")],
    );
}

#[test]
#[ignore = "run by another, with an environment"]
fn invalid() {
    let error = serve("127.0.0.1:0").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert_eq!(
        error.to_string(),
        r#"METRICS_LATENCY_BUCKETS="x": `x` is no number of seconds"#
    );
}
