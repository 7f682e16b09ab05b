// texts are the variants': `"channel"`
use metrics_runtime::LabelValue;

#[derive(LabelValue)]
#[label("channel")]
enum Channel {
    Web,
}

fn main() {}
