// with everything shadowed
#![deny(warnings)]
#![allow(dead_code, non_camel_case_types)]

use ::actix_web::{App, web};
use ::metrics_runtime::instrument_handler;

mod std {}
mod core {}
mod alloc {}
mod linkme {}
mod metrics_runtime {}
mod actix_web {}
struct Result;
struct Option;
struct Ok;
struct Err;
struct Some;
struct None;
struct Site;
struct Captured;
struct Instrumented;
struct Begun;
struct String_;
struct Future;
struct u32;
struct str;
struct bool;
trait Annotated {}
static SITE: () = ();
static SITES: () = ();
type String = ::std::string::String;

#[instrument_handler(handler = "/{id}", labels(team = "a"), buckets = [0.1])]
async fn item(id: web::Path<i32>) -> String {
    id.to_string()
}

#[instrument_handler(keep_args)]
async fn kept(id: web::Path<i32>) -> String {
    id.to_string()
}

#[test]
fn compiles() {
    let _ = App::new()
        .route("/{id}", web::get().to(item))
        .route("/", web::get().to(kept));
}
