//! What `hello.rs`, beside this file, becomes, but for the names that begin with `__` there.

use actix_web::{App, HttpServer, get, web};
use metrics_runtime::{
    __private::{Annotated, Captured, Instrumented, SITES, Site, linkme},
    metrics_scope,
};

/// Names the handler in types.
struct SiteHello;

#[linkme::distributed_slice(SITES)]
#[linkme(crate = linkme)]
static SITE: Site = Site::new("hello")
    .methods(&["GET"])
    .returns(core::any::type_name::<String>);

impl Annotated for SiteHello {
    fn site() -> &'static Site {
        &SITE
    }
}

/// Greets.
#[get("/hello/{name}")]
async fn hello(
    captured: Captured<SiteHello, (web::Path<String>,)>,
) -> Instrumented<SiteHello, String> {
    // What you wrote, untouched.
    #[expect(clippy::unused_async, reason = "actix wants it, await or not")]
    async fn hello(name: web::Path<String>) -> String {
        format!("Hello, {name}!\n")
    }

    // The clock runs since `captured` began to extract. From here on `begun` holds the record: whether it is
    // finished, or dropped because the client left or `hello` panicked, the request is counted once.
    match captured.open() {
        Ok((arguments, begun)) => begun.finish(hello(arguments.0).await),
        Err(refused) => refused,
    }
}

#[actix_web::main]
async fn main() -> std::io::Result<()> {
    HttpServer::new(|| App::new().service(metrics_scope()).service(hello))
        .bind("127.0.0.1:8080")?
        .run()
        .await
}
