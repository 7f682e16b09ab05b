// one fallback: `other)]`
use metrics_runtime::LabelValue;

#[derive(LabelValue)]
enum Channel {
    Web,
    #[label(other, "rest")]
    Rest,
    #[label(other)]
    Other,
}

fn main() {}
