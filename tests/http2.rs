//! HTTP/2, where a client leaves one stream and keeps its connection.

use std::future::poll_fn;

use actix_web::{
    App, HttpResponse, Responder, get, put,
    rt::{self, net::TcpStream},
    web,
};
use h2::{Reason, client::SendRequest};
use http::Request;
use metrics_runtime::{CatchAll, Metrics, instrument_handler};
use tests::{DEADLINE, Options, Server, eventually, metrics, settled};

use crate::common::{Chunks, Gate};

#[instrument_handler]
#[get("/h2/text")]
async fn h2_text() -> &'static str {
    "text"
}

#[instrument_handler]
#[get("/h2/wait")]
async fn h2_wait(gate: web::Data<Gate>) -> &'static str {
    gate.pass().await;
    "waited"
}

#[instrument_handler]
#[get("/h2/stream")]
async fn h2_stream() -> impl Responder {
    HttpResponse::Ok().streaming(Chunks::new(1000, 1000))
}

#[instrument_handler]
#[put("/h2/upload")]
async fn h2_upload(body: web::Bytes) -> String {
    body.len().to_string()
}

#[instrument_handler]
#[get("/h2/panic")]
async fn h2_panic() -> &'static str {
    panic!("handlers do")
}

fn serve(metrics: Metrics, gate: &Gate) -> Server {
    let gate = web::Data::new(gate.clone());
    let options = Options {
        http2: true,
        ..Options::default()
    };
    Server::start_with(options, move || {
        App::new()
            .app_data(metrics)
            .app_data(gate.clone())
            .service(h2_text)
            .service(h2_wait)
            .service(h2_stream)
            .service(h2_upload)
            .service(h2_panic)
            .service(metrics.scope())
            .wrap(CatchAll)
    })
}

type Client = SendRequest<actix_web::web::Bytes>;

/// Runs a client on one connection.
fn connected<F: Future>(server: &Server, work: impl FnOnce(Client) -> F) -> F::Output {
    rt::System::new().block_on(async {
        let socket = TcpStream::connect(server.address()).await.unwrap();
        let (client, connection) = h2::client::Builder::new().handshake(socket).await.unwrap();
        rt::spawn(async move {
            let _ = connection.await;
        });
        work(client).await
    })
}

fn request(method: &str, path: &str) -> Request<()> {
    Request::builder()
        .method(method)
        .uri(format!("http://test{path}"))
        .body(())
        .unwrap()
}

#[test]
fn streams_of_one_connection_are_requests_each() {
    let (metrics, gate) = (metrics(), Gate::default());
    gate.open();
    let server = serve(metrics, &gate);
    connected(&server, |mut client| async move {
        let mut pending = Vec::new();
        for path in ["/h2/text", "/h2/wait", "/h2/stream", "/nowhere", "/h2/text"] {
            client = client.ready().await.unwrap();
            pending.push(client.send_request(request("GET", path), true).unwrap().0);
        }
        let (response, mut upload) = client
            .send_request(request("PUT", "/h2/upload"), false)
            .unwrap();
        for end in [false, false, true] {
            upload.send_data("0123456789".into(), end).unwrap();
        }
        pending.push(response);
        let mut sizes = Vec::new();
        for response in pending {
            let mut body = response.await.unwrap().into_body();
            let mut size = 0;
            while let Some(chunk) = body.data().await {
                let chunk = chunk.unwrap();
                body.flow_control().release_capacity(chunk.len()).unwrap();
                size += chunk.len();
            }
            sizes.push(size);
        }
        assert_eq!(sizes, [4, 6, 1_000_000, 0, 4, 2]);
    });
    let scrape = settled(metrics, 6);
    assert_eq!(scrape.requests("/h2/text", "GET", 200), 2.0);
    assert_eq!(scrape.requests("none", "GET", 404), 1.0);
    assert_eq!(
        scrape.of_handler("http_response_size_bytes_sum", "/h2/stream"),
        1_000_000.0
    );
    assert_eq!(
        scrape.of_handler("http_request_size_bytes_sum", "/h2/upload"),
        30.0
    );
}

#[test]
fn a_scrape_ends() {
    let (metrics, gate) = (metrics(), Gate::default());
    let server = serve(metrics, &gate);
    for encoding in ["identity", "gzip"] {
        let whole = connected(&server, |client| async {
            let mut client = client.ready().await.unwrap();
            let mut request = request("GET", "/metrics");
            let headers = request.headers_mut();
            headers.insert("accept-encoding", encoding.parse().unwrap());
            let (response, _) = client.send_request(request, true).unwrap();
            let response = response.await.unwrap();
            let length = response.headers()["content-length"].to_str().unwrap();
            let length: usize = length.parse().unwrap();
            let mut body = response.into_body();
            let read = async {
                let mut read = 0;
                while let Some(chunk) = body.data().await {
                    read += chunk.unwrap().len();
                }
                read
            };
            rt::time::timeout(DEADLINE, read)
                .await
                .map(|read| read == length)
        });
        assert_eq!(whole.ok(), Some(true), "{encoding}");
    }
}

#[test]
fn a_connection_lost_while_the_handler_runs_leaves_one_record() {
    let (metrics, gate) = (metrics(), Gate::default());
    let server = serve(metrics, &gate);
    connected(&server, |client| async {
        let mut client = client.ready().await.unwrap();
        let (response, _) = client
            .send_request(request("GET", "/h2/wait"), true)
            .unwrap();
        rt::task::yield_now().await;
        let entered = gate.clone();
        rt::task::spawn_blocking(move || entered.await_entered(1))
            .await
            .unwrap();
        drop((response, client));
    });
    gate.open();
    // actix lets the handler of a lost HTTP/2 stream run on: its real outcome counts.
    gate.await_left(1);
    assert_eq!(settled(metrics, 1).requests("/h2/wait", "GET", 200), 1.0);
}

#[test]
fn a_stream_reset_in_mid_body_is_one_record_and_the_connection_lives() {
    let (metrics, gate) = (metrics(), Gate::default());
    let server = serve(metrics, &gate);
    connected(&server, |client| async move {
        let mut client = client.ready().await.unwrap();
        let (response, mut sender) = client
            .send_request(request("GET", "/h2/stream"), true)
            .unwrap();
        let mut body = response.await.unwrap().into_body();
        body.data().await.unwrap().unwrap();
        sender.send_reset(Reason::CANCEL);
        drop(body);
        let mut client = client.ready().await.unwrap();
        let (response, _) = client
            .send_request(request("GET", "/h2/text"), true)
            .unwrap();
        assert_eq!(response.await.unwrap().status().as_u16(), 200);
    });
    let scrape = settled(metrics, 2);
    assert_eq!(scrape.requests("/h2/stream", "GET", 200), 1.0);
    assert!(scrape.of_handler("http_response_size_bytes_sum", "/h2/stream") < 1_000_000.0);
}

#[test]
fn a_stream_reset_in_the_upload_is_one_record() {
    let (metrics, gate) = (metrics(), Gate::default());
    let server = serve(metrics, &gate);
    connected(&server, |client| async move {
        let mut client = client.ready().await.unwrap();
        let (_response, mut upload) = client
            .send_request(request("PUT", "/h2/upload"), false)
            .unwrap();
        upload.send_data("0123456789".into(), false).unwrap();
        let gauge = r#"http_requests_inprogress{handler="/h2/upload",method="PUT"}"#;
        rt::task::spawn_blocking(move || {
            eventually("the upload to begin", || {
                (tests::Scrape::of(metrics).get(gauge) == Some(1.0)).then_some(())
            });
        })
        .await
        .unwrap();
        upload.send_reset(Reason::CANCEL);
        poll_fn(|cx| upload.poll_reset(cx)).await.ok();
    });
    let scrape = settled(metrics, 1);
    assert_eq!(scrape.of_handler("http_requests_total", "/h2/upload"), 1.0);
}

#[test]
fn a_panic_is_500() {
    let (metrics, gate) = (metrics(), Gate::default());
    let server = serve(metrics, &gate);
    connected(&server, |client| async move {
        let mut client = client.ready().await.unwrap();
        let (response, _) = client
            .send_request(request("GET", "/h2/panic"), true)
            .unwrap();
        assert!(response.await.is_err());
    });
    let scrape = settled(metrics, 1);
    assert_eq!(scrape.requests("/h2/panic", "GET", 500), 1.0);
    assert_eq!(scrape.exceptions("/h2/panic", "panic"), 1.0);
}
