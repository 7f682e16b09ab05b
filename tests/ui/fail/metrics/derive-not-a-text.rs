// a label is a text: `7`
use metrics_runtime::LabelValue;

#[derive(LabelValue)]
enum Channel {
    #[label(7)]
    Web,
}

fn main() {}
