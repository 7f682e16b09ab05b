// a text is not empty: `""`
use metrics_runtime::LabelValue;

#[derive(LabelValue)]
enum Channel {
    #[label("")]
    Web,
}

fn main() {}
