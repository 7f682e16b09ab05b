//! The service with `/metrics` in an `App` of its own, as on another port.

use actix_web::{
    App,
    test::{TestRequest, call_and_read_body, call_service, init_service},
};
use metrics_runtime::{CatchAll, metrics_scope};
use outside::{HANDLERS, requests, routes};

#[actix_web::test]
async fn six_handlers_are_at_zero_after_one_request_to_the_service() {
    let service = init_service(App::new().configure(routes).wrap(CatchAll)).await;
    let private = init_service(App::new().service(metrics_scope())).await;
    let probe = TestRequest::get().uri("/health").to_request();
    assert_eq!(call_service(&service, probe).await.status(), 404);

    let request = TestRequest::get().uri("/metrics").to_request();
    let page = call_and_read_body(&private, request).await.to_vec();
    let page = String::from_utf8(page).unwrap();
    for (method, handler) in HANDLERS {
        assert_eq!(requests(&page, method, handler, 200), Some(0.0), "{page}");
    }
}
