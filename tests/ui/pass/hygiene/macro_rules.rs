// handlers made by a macro
#![deny(warnings)]
use actix_web::{App, get, web};
use metrics_runtime::instrument_handler;

macro_rules! handler {
    ($visibility:vis $name:ident, $path:literal, $team:literal, $argument:ident: $ty:ty => $body:expr) => {
        #[instrument_handler(handler = $path, labels(team = $team))]
        #[get($path)]
        $visibility async fn $name($argument: web::Path<$ty>) -> String {
            let captured = $body;
            captured.to_string()
        }
    };
}

handler!(pub double, "/double/{number}", "a", number: u32 => *number * 2);
handler!(half, "/half/{number}", "b", number: u32 => *number / 2);

macro_rules! fixed {
    ($($name:ident)*) => {$(
        #[instrument_handler]
        async fn $name(number: web::Path<u32>) -> String {
            number.to_string()
        }
    )*};
}

fixed!(one two);

#[test]
fn compiles() {
    let _ = App::new()
        .service(double)
        .service(half)
        .route("/one", web::get().to(one))
        .route("/two", web::get().to(two));
}
