// one variant a text: `"web"`
use metrics_runtime::LabelValue;

#[derive(LabelValue)]
enum Channel {
    Web,
    #[label("web")]
    Site,
}

fn main() {}
