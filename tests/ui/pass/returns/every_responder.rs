// whatever is a responder is returned
#![deny(warnings)]
use std::{error::Error as StdError, fmt};

use actix_web::{
    App, Either, Error, HttpRequest, HttpResponse, Responder, ResponseError, Result, body::BoxBody,
    get, http::StatusCode, web,
};
use metrics_runtime::instrument_handler;

#[derive(Debug)]
struct Missing;

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("missing")
    }
}

impl ResponseError for Missing {}

struct Page;

impl Responder for Page {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        HttpResponse::Ok().body("page")
    }
}

macro_rules! handlers {
    ($($name:ident: $returned:ty = $value:expr;)*) => {
        $(
            #[instrument_handler]
            #[get("/")]
            async fn $name() -> $returned {
                $value
            }
        )*

        #[test]
        fn compiles() {
            let _ = App::new()$(.service($name))*;
        }
    };
}

handlers! {
    text: &'static str = "text";
    string: String = String::new();
    bytes: web::Bytes = web::Bytes::new();
    response: HttpResponse = HttpResponse::Ok().finish();
    json: web::Json<Vec<u32>> = web::Json(vec![1]);
    own: Page = Page;
    opaque: impl Responder = "opaque";
    option: Option<String> = None;
    option_of_opaque: Option<impl Responder> = Some("text");
    either: Either<String, HttpResponse> = Either::Left(String::new());
    with_status: (String, StatusCode) = (String::new(), StatusCode::CREATED);
    result: Result<String, Missing> = Err(Missing);
    alias: Result<HttpResponse> = Ok(HttpResponse::Ok().finish());
    actix_error: core::result::Result<HttpResponse, Error> = Err(Missing.into());
    result_of_opaque: Result<impl Responder, Missing> = Ok("text");
    boxed_error: Result<String, Box<dyn StdError>> = Ok(String::new());
    nested: Result<Option<web::Json<u8>>, Missing> = Ok(None);
}
