// a handler is a free function: `#[instrument_handler]`
use actix_web::{App, web};
use metrics_runtime::instrument_handler;

struct Api<T>(T);

impl<T> Api<T>
where
    T: Default + 'static,
{
    /// Greets.
    #[instrument_handler]
    #[actix_web::get("/hello")]
    async fn hello() -> &'static str {
        let _ = Self(T::default());
        "hello"
    }
}

fn main() {
    let _ = App::new().route("/hello", web::get().to(Api::<u8>::hello));
}
