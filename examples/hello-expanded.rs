//! What `hello.rs`, beside this file, becomes, but for the names that begin with `__` there.

use actix_web::{App, HttpServer, get, web};
use metrics_runtime::{
    __private::{Annotated, Captured, Instrumented, Returns, Route, SITES, Site, Takes1, linkme},
    metrics_scope,
};

/// Names the handler in types.
struct SiteHello;

#[linkme::distributed_slice(SITES)]
#[linkme(crate = linkme)]
static SITE: Site = Site::new("hello")
    .routes(&[Route::new("hello", "/hello/{name}", &["GET"])])
    .returns(core::any::type_name::<String>);

impl Annotated for SiteHello {
    fn site() -> &'static Site {
        &SITE
    }
}

// Here the compiler checks that parameters are extractors and the return type is a `Responder`.
impl Takes1<web::Path<String>> for SiteHello {
    type A = web::Path<String>;
}
impl Returns<String> for SiteHello {
    type Returned = String;
}

/// Greets.
#[get("/hello/{name}")]
fn hello(
    captured: Captured<SiteHello, (web::Path<String>,)>,
) -> impl Future<Output = Instrumented<SiteHello, String>> {
    // What you wrote, untouched.
    #[expect(clippy::unused_async, reason = "actix wants it, await or not")]
    async fn hello(name: web::Path<String>) -> String {
        format!("Hello, {name}!\n")
    }

    // The clock runs since `captured` began to extract. Whether this future is ready, or dropped because the client left
    // or `hello` panicked, the request is counted once. If extraction failed, it answers as actix would.
    captured.call(|(name,)| hello(name))
}

#[actix_web::main]
async fn main() -> std::io::Result<()> {
    HttpServer::new(|| App::new().service(metrics_scope()).service(hello))
        .bind("127.0.0.1:8080")?
        .run()
        .await
}
