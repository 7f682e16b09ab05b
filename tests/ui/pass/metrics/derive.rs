#![deny(warnings)]
use metrics_runtime::LabelValue;

/// Not even `Copy`.
#[derive(LabelValue, Debug, PartialEq)]
#[repr(u8)]
#[non_exhaustive]
pub enum Status {
    New = 7,
    InProgress = 3,
    #[label("sent-out")]
    Sent,
    #[label(other, "unheard of")]
    Unknown = 200,
}

mod private {
    #[derive(metrics_runtime::LabelValue)]
    enum Tiny {
        One,
    }

    pub(super) fn texts() -> Vec<Option<&'static str>> {
        use metrics_runtime::LabelValue as _;
        vec![Tiny::text(Tiny::One.index()), Tiny::text(1)]
    }
}

#[test]
fn compiles() {
    let texts: Vec<_> = (0..=Status::COUNT).map(Status::text).collect();
    let expected = [
        Some("new"),
        Some("in_progress"),
        Some("sent-out"),
        Some("unheard of"),
        None,
    ];
    assert_eq!(texts, expected);
    assert_eq!(Status::Sent.index(), 2);
    assert_eq!(Status::of("sent-out"), Status::Sent);
    assert_eq!(Status::of("sent"), Status::Unknown);
    assert_eq!(Status::New as u8 + Status::InProgress as u8, 10);
    assert_eq!(private::texts(), [Some("one"), None]);
}
