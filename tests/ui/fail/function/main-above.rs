// the program's start is no handler: `main`
use metrics_runtime::instrument_handler;

#[actix_web::main]
#[instrument_handler]
async fn main() -> std::io::Result<()> {
    Ok(())
}
