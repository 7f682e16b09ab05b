//! The server that `scripts/end_to_end.py` loads: one worker, many resources, one of them asked for.

use actix_web::{App, HttpServer, web};
use metrics_benches::{apps, args};
use metrics_runtime::{instrument_handler, metrics_scope};

async fn bare(id: web::Path<u64>) -> String {
    id.to_string()
}

#[instrument_handler]
async fn ours(id: web::Path<u64>) -> String {
    id.to_string()
}

#[actix_web::main]
async fn main() -> std::io::Result<()> {
    let with_ours = std::env::args().any(|argument| argument == "--ours");
    let port = args::number("--port").unwrap_or(8080) as u16;
    let handlers = args::number("--handlers").unwrap_or(1_000);

    HttpServer::new(move || {
        // The routes asked for come first: actix tries resources in turn, and the others are there
        // to be scraped.
        let mut app = if with_ours {
            App::new()
                .configure(apps::template_routes)
                .service(metrics_scope())
        } else {
            App::new()
                .configure(apps::plain_routes)
                .route("/metrics", web::get().to(|| async { "up 1\n" }))
        };
        for i in 0..handlers {
            let resource = web::resource(format!("/r{i}/{{id}}"));
            app = app.service(if with_ours {
                resource.route(web::get().to(ours))
            } else {
                resource.route(web::get().to(bare))
            });
        }
        app
    })
    .workers(1)
    .bind(("127.0.0.1", port))?
    .run()
    .await
}
