// a test is no handler: `#[actix_web::test]`
use metrics_runtime::instrument_handler;

#[instrument_handler]
#[actix_web::test]
async fn hello() {}

fn main() {}
