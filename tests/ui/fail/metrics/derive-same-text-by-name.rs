// one variant a text: `HTTP`
use metrics_runtime::LabelValue;

#[derive(LabelValue)]
#[allow(clippy::upper_case_acronyms)]
enum Protocol {
    Http,
    HTTP,
}

fn main() {}
