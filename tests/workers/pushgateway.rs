//! A real Pushgateway, at `PUSHGATEWAY_URL`: `scripts/workers-test` starts one and runs these, one after the other, because
//! each pushes what all of them have registered.

use std::{env, net::SocketAddr, time::Duration};

use actix_web::{App, HttpResponse, Responder, get, web};
use metrics_runtime::{PushError, Pusher, PusherBuilder, prometheus::IntCounter, registry};
use tests::{Client, Scrape, Server, eventually};

use super::executors::EXECUTORS;

fn url() -> String {
    env::var("PUSHGATEWAY_URL").expect("`scripts/workers-test` sets it")
}

fn client() -> Client {
    let address: SocketAddr = url()
        .trim_start_matches("http://")
        .parse()
        .expect("an address of this machine");
    Client::connect(address).expect("it accepts")
}

fn builder(job: &str) -> PusherBuilder {
    Pusher::builder(url()).job(job)
}

/// What the gateway shows.
fn shown() -> Scrape {
    let mut client = client();
    client.request("GET", "/metrics", &[], b"");
    Scrape::new(client.reply("GET").expect("a scrape").text())
}

fn counter(name: &str) -> IntCounter {
    let counter = IntCounter::new(name, "A test's.").unwrap();
    registry().register(Box::new(counter.clone())).unwrap();
    counter
}

#[test]
#[ignore = "needs a Pushgateway"]
fn a_group_is_replaced_added_to_and_deleted() {
    let (kept, gone) = (counter("gateway_kept_total"), counter("gateway_gone_total"));
    let pusher = builder("operations").build().unwrap();
    let of = |name: &str| shown().get(&format!(r#"{name}{{instance="",job="operations"}}"#));

    kept.inc();
    gone.inc();
    pusher.push_blocking().unwrap();
    assert_eq!(of("gateway_kept_total"), Some(1.0));
    assert_eq!(of("gateway_gone_total"), Some(1.0));

    registry().unregister(Box::new(gone)).unwrap();
    kept.inc();
    pusher.push_add_blocking().unwrap();
    assert_eq!(of("gateway_kept_total"), Some(2.0));
    assert_eq!(of("gateway_gone_total"), Some(1.0), "not in this push");

    pusher.push_blocking().unwrap();
    assert_eq!(of("gateway_kept_total"), Some(2.0));
    assert_eq!(of("gateway_gone_total"), None, "replaced");

    pusher.delete_blocking().unwrap();
    // The gateway answers before it deletes.
    tests::eventually("the group to be gone", || {
        (!shown().mentions(r#"job="operations""#)).then_some(())
    });
    pusher.delete_blocking().unwrap();
}

#[test]
#[ignore = "needs a Pushgateway"]
fn workers_have_a_group_each() {
    counter("gateway_grouped_total").inc_by(5);
    let pusher = |value: &str| {
        let builder = builder("grouped/by").grouping("directory", value);
        builder.build().unwrap()
    };
    let values = ["/var/spool", "..", "a b", "ä%2F?#+&", "\"quoted\\\""];
    for value in values {
        pusher(value).push_blocking().unwrap();
    }
    pusher("").push_blocking().unwrap();
    let of = |value: &str| {
        let value = value.replace('\\', "\\\\").replace('"', "\\\"");
        shown().get(&format!(
            r#"gateway_grouped_total{{directory="{value}",instance="",job="grouped/by"}}"#
        ))
    };
    for value in values {
        assert_eq!(of(value), Some(5.0), "{value}");
    }
    assert_eq!(of(""), Some(5.0));

    pusher("/var/spool").delete_blocking().unwrap();
    assert_eq!(of("/var/spool"), None);
    assert_eq!(of(".."), Some(5.0));
}

#[test]
#[ignore = "needs a Pushgateway"]
fn metrics_that_the_gateway_refuses_are_told_with_its_reason() {
    let counter = counter("gateway_conflict");
    let mut client = client();
    let conflict = b"# TYPE gateway_conflict gauge\ngateway_conflict 1\n";
    client.request("PUT", "/metrics/job/first", &[], conflict);
    let reply = client.reply("PUT").unwrap();
    assert_eq!((reply.status, reply.text()), (200, ""));

    let error = builder("second")
        .build()
        .unwrap()
        .push_blocking()
        .unwrap_err();
    let PushError::Refused {
        status,
        reason,
        attempts,
        ..
    } = &error
    else {
        panic!("{error}");
    };
    assert_eq!((*status, *attempts), (400, 1));
    assert!(reason.contains("gateway_conflict"), "{reason}");

    client.request("DELETE", "/metrics/job/first", &[], b"");
    assert_eq!(client.reply("DELETE").unwrap().status, 202);
    registry().unregister(Box::new(counter)).unwrap();
    assert!(!shown().mentions("gateway_conflict"));
}

#[get("/import")]
async fn import(pusher: web::Data<Pusher>) -> impl Responder {
    match pusher.push().await {
        Ok(()) => HttpResponse::Ok().finish(),
        Err(error) => HttpResponse::BadGateway().body(error.to_string()),
    }
}

#[test]
#[ignore = "needs a Pushgateway"]
fn the_last_values_are_there_whatever_runs_the_future() {
    let counter = counter("gateway_last_total");
    for (name, run) in EXECUTORS {
        let pusher = builder("last").grouping("executor", name).build().unwrap();
        let progress = counter.clone();
        run(Box::pin(async move {
            let handle = pusher.run_every(Duration::from_secs(3600));
            progress.inc();
            handle.stop().await.unwrap();
        }));
        let last_value = shown().value(&format!(
            r#"gateway_last_total{{executor="{name}",instance="",job="last"}}"#
        ));
        assert_eq!(last_value, counter.get() as f64, "{name}");
    }
}

#[test]
#[ignore = "needs a Pushgateway"]
fn an_actix_handler_pushes() {
    counter("gateway_handler_total").inc();
    let pusher = web::Data::new(builder("handler").build().unwrap());
    let server = Server::start(move || App::new().app_data(pusher.clone()).service(import));
    let reply = server.get("/import");
    assert_eq!((reply.status, reply.text()), (200, ""));
    eventually("the push", || {
        shown().get(r#"gateway_handler_total{instance="",job="handler"}"#)
    });
}
