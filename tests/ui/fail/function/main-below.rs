// the program's start is no handler: `#[actix_web::main]`
use metrics_runtime::instrument_handler;

#[instrument_handler]
#[actix_web::main]
async fn main() -> std::io::Result<()> {
    Ok(())
}
