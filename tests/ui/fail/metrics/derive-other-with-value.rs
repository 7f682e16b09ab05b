// other is bare: `other`
use metrics_runtime::LabelValue;

#[derive(LabelValue)]
enum Channel {
    #[label(other = "rest")]
    Web,
}

fn main() {}
