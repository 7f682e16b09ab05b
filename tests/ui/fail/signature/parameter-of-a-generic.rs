// a generic handler is checked where it is mounted: `to(hello::<u32>)`
use actix_web::{App, web};
use metrics_runtime::instrument_handler;

#[instrument_handler]
async fn hello<T: ToString + 'static>(number: T) -> String {
    number.to_string()
}

fn main() {
    let _ = App::new().route("/hello", web::get().to(hello::<u32>));
}
