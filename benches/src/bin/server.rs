//! The server that `scripts/end_to_end.py` loads: one worker, many resources, one of them asked for.
//!
//! `--way 0` is bare, `1` ours by literal label, `2` ours by template, as `overhead` lists them.

use actix_web::{App, HttpServer, web};
use metrics_benches::{
    apps::{self, Way},
    args,
};
use metrics_runtime::{instrument_handler, metrics_scope};

async fn bare(id: web::Path<u64>) -> String {
    id.to_string()
}

/// By template whatever the way: only so do a thousand resources have a series each.
#[instrument_handler]
async fn ours(id: web::Path<u64>) -> String {
    id.to_string()
}

#[actix_web::main]
async fn main() -> std::io::Result<()> {
    let way = Way::ALL[args::number("--way").unwrap_or(0)];
    let port = args::number("--port").unwrap_or(8080) as u16;
    let handlers = args::number("--handlers").unwrap_or(1_000);

    HttpServer::new(move || {
        // The routes asked for come first: actix tries resources in turn, and the others are there
        // to be scraped.
        let mut app = match way {
            Way::OursLiteral => App::new().configure(apps::literal_routes),
            Way::OursTemplate => App::new().configure(apps::template_routes),
            _ => App::new().configure(apps::plain_routes),
        };
        app = match way {
            Way::Bare => app.route("/metrics", web::get().to(|| async { "up 1\n" })),
            _ => app.service(metrics_scope()),
        };
        for i in 0..handlers {
            let resource = web::resource(format!("/r{i}/{{id}}"));
            app = app.service(match way {
                Way::Bare => resource.route(web::get().to(bare)),
                _ => resource.route(web::get().to(ours)),
            });
        }
        app
    })
    .workers(1)
    .bind(("127.0.0.1", port))?
    .run()
    .await
}
