// a hundred combinations: `hello`
use actix_web::{App, HttpRequest, get};
use metrics_runtime::{instrument_handler, label_values};

label_values! {
    Tenant: 100
}

fn tenant_of(_: &HttpRequest) -> Tenant {
    Tenant::of("acme")
}

#[instrument_handler(label(tenant: Tenant = tenant_of))]
#[get("/hello")]
async fn hello() -> &'static str {
    "hello"
}

fn main() {
    let _ = App::new().service(hello);
}
