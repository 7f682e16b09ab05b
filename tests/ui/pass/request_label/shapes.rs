#![deny(warnings)]
use actix_web::{App, HttpRequest, Responder, get, web};
use metrics_runtime::{LabelValue, Outcome, instrument_handler, label_values};

label_values! {
    Tenant: 10
}

#[derive(LabelValue, Clone, Copy)]
enum Tier {
    Free,
    Paid,
}

mod finding {
    use super::*;

    pub fn tenant(req: &HttpRequest) -> Tenant {
        Tenant::of(req.path())
    }

    pub fn always<const PAID: bool>(_: &HttpRequest) -> Tier {
        if PAID { Tier::Paid } else { Tier::Free }
    }
}

fn secure(req: &HttpRequest) -> bool {
    req.uri().scheme().is_some()
}

#[instrument_handler(label(tenant: Tenant = finding::tenant))]
#[get("/above")]
async fn above() -> &'static str {
    "above"
}

#[get("/below")]
#[instrument_handler(
    handler = "/below",
    label(tier: Tier = finding::always::<true>, r#type: bool = secure,),
    labels(team = "shop"),
    buckets = [0.1],
)]
async fn below(req: HttpRequest) -> impl Responder {
    req.path().to_owned()
}

#[instrument_handler(label(tier: crate::request_label::shapes::Tier = crate::request_label::shapes::finding::always::<false>), keep_args)]
async fn kept(id: web::Path<u32>) -> String {
    id.to_string()
}

#[instrument_handler(label(ended: Outcome = fine))]
async fn generic<T: ToString + serde::de::DeserializeOwned + 'static>(id: web::Path<T>) -> String {
    id.to_string()
}

fn fine(_: &HttpRequest) -> Outcome {
    Outcome::Ok
}

#[test]
fn compiles() {
    let _ = App::new()
        .service(above)
        .service(below)
        .route("/kept/{id}", web::get().to(kept))
        .route("/generic/{id}", web::get().to(generic::<u32>));
}
