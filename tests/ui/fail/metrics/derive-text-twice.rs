// one text: `"site"`
use metrics_runtime::LabelValue;

#[derive(LabelValue)]
enum Channel {
    #[label("web", "site")]
    Web,
}

fn main() {}
