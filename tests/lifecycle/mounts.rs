//! One handler in several places, and several workers.

use actix_web::{App, HttpMessage, HttpRequest, dev::Service, get, guard, web};
use metrics_runtime::{CatchAll, instrument_handler};
use tests::{Options, Server, metrics, settled};

#[instrument_handler]
#[get("/leaf/{id}")]
async fn leaf(req: HttpRequest) -> String {
    req.match_pattern().unwrap_or_default()
}

#[instrument_handler]
async fn guarded() -> &'static str {
    "guarded"
}

#[instrument_handler]
async fn fallback() -> &'static str {
    "fallback"
}

#[instrument_handler]
#[get("/things/{id}")]
async fn read_thing(id: web::Path<u32>) -> String {
    id.to_string()
}

#[test]
fn each_mount_has_its_own_whole_template() {
    let metrics = metrics();
    let server = Server::start(move || {
        App::new()
            .app_data(metrics)
            .service(leaf)
            .service(
                web::scope("/tenants/{tenant}")
                    .service(leaf)
                    .service(web::scope("/v{version}").service(leaf)),
            )
            .service(web::scope("/regex/{number:[0-9]+}").service(leaf))
            .service(web::resource(["/one", "/two/{x}"]).to(guarded))
            .service(web::resource("/tail/{rest}*").to(guarded))
    });
    let mounts = [
        ("/leaf/1", "/leaf/{id}"),
        ("/tenants/a/leaf/1", "/tenants/{tenant}/leaf/{id}"),
        (
            "/tenants/a/v2/leaf/1",
            "/tenants/{tenant}/v{version}/leaf/{id}",
        ),
        ("/regex/12/leaf/1", "/regex/{number:[0-9]+}/leaf/{id}"),
    ];
    for (path, template) in mounts {
        assert_eq!(server.get(path).text(), template);
    }
    for path in ["/one", "/two/2", "/tail/a/b"] {
        assert_eq!(server.get(path).status, 200);
    }
    let scrape = settled(metrics, 7);
    for (_, template) in mounts {
        assert_eq!(scrape.requests(template, "GET", 200), 1.0, "{template}");
    }
    // Of a resource with several patterns actix always names the first.
    assert_eq!(scrape.requests("/one", "GET", 200), 2.0);
    assert_eq!(scrape.requests("/tail/{rest}*", "GET", 200), 1.0);
}

#[test]
fn handlers_of_one_template_behind_several_guards_share_its_series() {
    let metrics = metrics();
    let server = Server::start(move || {
        App::new()
            .app_data(metrics)
            .service(
                web::resource("/shadow")
                    .guard(guard::Header("x-tenant", "a"))
                    .to(guarded),
            )
            .service(web::resource("/shadow").to(fallback))
            .default_service(web::to(fallback))
    });
    assert_eq!(
        server.send("GET", "/shadow", &["x-tenant: a"], b"").text(),
        "guarded"
    );
    assert_eq!(server.get("/shadow").text(), "fallback");
    assert_eq!(server.get("/elsewhere").text(), "fallback");
    let scrape = settled(metrics, 3);
    assert_eq!(scrape.requests("/shadow", "GET", 200), 2.0);
    assert_eq!(scrape.requests("none", "GET", 200), 1.0);
}

#[test]
fn the_counts_of_many_workers_add_up() {
    let metrics = metrics();
    let server = Server::start_with(
        Options {
            workers: 4,
            ..Options::default()
        },
        move || {
            App::new()
                .app_data(metrics)
                .service(metrics.scope())
                .service(read_thing)
        },
    );
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for id in 0..25 {
                    assert_eq!(server.get(&format!("/things/{id}")).status, 200);
                }
            });
        }
    });
    let scrape = settled(metrics, 200);
    assert_eq!(scrape.requests("/things/{id}", "GET", 200), 200.0);
    assert_eq!(server.scrape().requests("/things/{id}", "GET", 200), 200.0);
    server.stop();
    assert_eq!(
        settled(metrics, 200).requests("/things/{id}", "GET", 200),
        200.0
    );
}

#[test]
fn request_extensions_do_not_leak_from_one_request_to_the_next() {
    let metrics = metrics();
    let server = Server::start(move || {
        App::new()
            .app_data(metrics)
            .wrap(CatchAll)
            .wrap_fn(|req, service| {
                assert!(req.extensions().get::<u8>().is_none());
                req.extensions_mut().insert(1_u8);
                service.call(req)
            })
            .service(read_thing)
            .route("/bare", web::get().to(|| async { "bare" }))
    });
    let mut client = server.connect();
    for round in 0..20 {
        let path = if round % 2 == 0 { "/things/1" } else { "/bare" };
        client.request("GET", path, &[], b"");
        assert_eq!(client.reply("GET").unwrap().status, 200);
    }
    let scrape = settled(metrics, 20);
    assert_eq!(scrape.requests("/things/{id}", "GET", 200), 10.0);
    assert_eq!(scrape.requests("/bare", "GET", 200), 10.0);
}
