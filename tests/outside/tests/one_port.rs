//! The service with `/metrics` in its own `App`.

use actix_web::{
    App,
    test::{TestRequest, call_and_read_body, init_service},
};
use metrics_runtime::metrics_scope;
use outside::{HANDLERS, requests, routes, value};

#[actix_web::test]
async fn six_handlers_are_at_zero_and_its_own_metrics_are_shown() {
    let app = init_service(App::new().service(metrics_scope()).configure(routes)).await;
    let scrape = async || {
        let request = TestRequest::get().uri("/metrics").to_request();
        String::from_utf8(call_and_read_body(&app, request).await.to_vec()).unwrap()
    };
    let page = scrape().await;
    for (method, handler) in HANDLERS {
        assert_eq!(requests(&page, method, handler, 200), Some(0.0), "{page}");
        assert_eq!(requests(&page, method, handler, 500), Some(0.0), "{page}");
    }

    let order = TestRequest::post().uri("/orders").to_request();
    call_and_read_body(&app, order).await;
    let page = scrape().await;
    assert_eq!(requests(&page, "POST", "/orders", 201), Some(1.0), "{page}");
    assert_eq!(value(&page, "orders_placed_total"), Some(3.0), "{page}");
    assert_eq!(value(&page, "orders_waiting"), Some(7.0), "{page}");
}
