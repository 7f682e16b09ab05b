// with `keep_args` a handler can be called
#![deny(warnings)]
use actix_web::{App, get, rt::System, web};
use metrics_runtime::instrument_handler;

#[instrument_handler(keep_args)]
#[get("/service/{number}")]
async fn service(number: web::Path<u32>) -> String {
    number.to_string()
}

#[instrument_handler(keep_args)]
async fn double(number: Number, mut text: String) -> Result<String, actix_web::Error> {
    text.push_str(&(*number * 2).to_string());
    Ok(text)
}

type Number = web::Path<u32>;

#[test]
fn compiles() {
    let _ = App::new()
        .service(service)
        .route("/{number}", web::post().to(double));
    let text = System::new().block_on(async {
        double(21.into(), "= ".to_owned())
            .await
            .into_inner()
            .unwrap()
    });
    assert_eq!(text, "= 42");
}
