// handlers of one name in several modules and functions
#![deny(warnings)]
use actix_web::{App, get, web};
use metrics_runtime::instrument_handler;

mod items {
    use super::*;

    #[instrument_handler]
    pub(super) async fn list() -> &'static str {
        "items"
    }
}

mod users {
    use super::*;

    #[instrument_handler]
    pub(super) async fn list() -> &'static str {
        "users"
    }
}

#[instrument_handler]
#[get("/list")]
async fn list() -> &'static str {
    "all"
}

#[test]
fn compiles() {
    #[instrument_handler]
    async fn inner() -> &'static str {
        "inner"
    }

    let _ = App::new()
        .service(list)
        .route("/items", web::get().to(items::list))
        .route("/users", web::get().to(users::list))
        .route("/inner", web::get().to(inner));
    {
        #[instrument_handler]
        async fn inner() -> &'static str {
            "inner"
        }
        let _ = inner;
    }
}
