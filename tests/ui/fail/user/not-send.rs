// a future that is not Send is on the spawn: `spawn(async`
use std::{future::Future, rc::Rc};

use actix_web::{App, get};
use metrics_runtime::instrument_handler;

fn spawn(_: impl Future<Output = ()> + Send) {}

#[instrument_handler]
#[get("/hello")]
async fn hello() -> String {
    let shared = Rc::new(42);
    spawn(async {
        std::future::ready(()).await;
        drop(shared);
    });
    String::new()
}

fn main() {
    let _ = App::new().service(hello);
}
