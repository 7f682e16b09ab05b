// a label has values: `hello`
use actix_web::{App, HttpRequest, get};
use metrics_runtime::{LabelValue, instrument_handler};

struct Nothing;

impl LabelValue for Nothing {
    const COUNT: usize = 0;

    fn index(self) -> usize {
        0
    }

    fn text(_: usize) -> Option<&'static str> {
        None
    }
}

fn nothing(_: &HttpRequest) -> Nothing {
    Nothing
}

#[instrument_handler(label(nothing: Nothing = nothing))]
#[get("/hello")]
async fn hello() -> &'static str {
    "hello"
}

fn main() {
    let _ = App::new().service(hello);
}
