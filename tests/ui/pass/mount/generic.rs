// generic handlers are mounted with their types
#![deny(warnings)]
use std::fmt::Display;

use actix_web::{App, FromRequest, HttpResponse, Responder, web};
use metrics_runtime::instrument_handler;

trait Pool {
    fn insert(&self, name: String) -> u32;
}

struct Pg;

impl Pool for Pg {
    fn insert(&self, name: String) -> u32 {
        u32::try_from(name.len()).unwrap_or(0)
    }
}

#[instrument_handler]
async fn create<P: Pool>(pool: web::Data<P>, name: String) -> HttpResponse {
    HttpResponse::Ok().body(pool.insert(name).to_string())
}

#[instrument_handler]
async fn by_where<P>(pool: web::Data<P>) -> impl Responder
where
    P: Pool + 'static,
{
    pool.insert(String::new()).to_string()
}

#[instrument_handler]
async fn any<A, R>(_argument: A) -> R
where
    A: FromRequest,
    R: Responder + Default,
{
    R::default()
}

#[instrument_handler]
async fn sized<const N: usize, T: Display>(_: web::Path<T>) -> String {
    "x".repeat(N)
}

#[instrument_handler(keep_args)]
async fn kept<T: Display>(number: web::Path<T>) -> String {
    number.to_string()
}

#[test]
fn compiles() {
    let _ = App::new()
        .route("/create", web::post().to(create::<Pg>))
        .route("/where", web::get().to(by_where::<Pg>))
        .route("/any", web::get().to(any::<String, String>))
        .route("/{sized}", web::get().to(sized::<3, u32>))
        .route("/{kept}/kept", web::get().to(kept::<u32>));
}
