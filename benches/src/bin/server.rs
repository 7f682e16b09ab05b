//! The server that `scripts/end_to_end.py` loads: one worker, many resources, one of them asked for.
//!
//! `--way 0` is bare, `1` ours by literal label, `2` ours by template, `3` to `5` with `CatchAll`, as `overhead` lists them.

use actix_web::{App, HttpServer, web};
use metrics_benches::{
    apps::{self, Way},
    args,
};
use metrics_runtime::{CatchAll, instrument_handler, metrics_scope};

async fn bare(id: web::Path<u64>) -> String {
    id.to_string()
}

/// By template whatever the way: only so do a thousand resources have a series each.
#[instrument_handler]
async fn ours(id: web::Path<u64>) -> String {
    id.to_string()
}

/// The application, measured in one way, around which `wrap` puts what else measures.
macro_rules! app {
    ($way:expr, $handlers:expr $(, $wrap:expr)?) => {{
        // The routes asked for come first: actix tries resources in turn, and the others are there
        // to be scraped.
        let mut app = App::new()$(.wrap($wrap))?.configure(match $way {
            Way::OursLiteral | Way::OursLiteralCatchAll => apps::literal_routes,
            Way::OursTemplate | Way::OursTemplateCatchAll => apps::template_routes,
            _ => apps::plain_routes,
        });
        app = match $way {
            Way::Bare => app.route("/metrics", web::get().to(|| async { "up 1\n" })),
            _ => app.service(metrics_scope()),
        };
        for i in 0..$handlers {
            let resource = web::resource(format!("/r{i}/{{id}}"));
            app = app.service(match $way {
                Way::Bare | Way::CatchAllAlone => resource.route(web::get().to(bare)),
                _ => resource.route(web::get().to(ours)),
            });
        }
        app
    }};
}

#[actix_web::main]
async fn main() -> std::io::Result<()> {
    let way = Way::ALL[args::number("--way").unwrap_or(0)];
    let address = ("127.0.0.1", args::number("--port").unwrap_or(8080) as u16);
    let handlers = args::number("--handlers").unwrap_or(1_000);

    match way {
        Way::OursLiteralCatchAll | Way::OursTemplateCatchAll | Way::CatchAllAlone => {
            let server = HttpServer::new(move || app!(way, handlers, CatchAll));
            server.workers(1).bind(address)?.run().await
        }
        _ => {
            let server = HttpServer::new(move || app!(way, handlers));
            server.workers(1).bind(address)?.run().await
        }
    }
}
