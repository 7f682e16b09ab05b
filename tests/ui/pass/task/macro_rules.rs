// tasks made by a macro
#![deny(warnings)]
use metrics_runtime::instrument_task;

macro_rules! task {
    ($visibility:vis $name:ident, $label:literal, $argument:ident: $ty:ty => $body:expr) => {
        #[instrument_task(task = $label, labels(team = $label), every = 60.0)]
        $visibility fn $name($argument: $ty) -> Result<$ty, String> {
            Ok($body)
        }
    };
    (async $name:ident -> $ty:ty $body:block) => {
        #[instrument_task]
        async fn $name() -> $ty $body
    };
    ($name:ident -> $ty:ty $body:block) => {
        #[instrument_task]
        fn $name() -> $ty $body
    };
}

task!(pub double, "double", number: u32 => number * 2);
task!(half, "half", number: u32 => number / 2);
task!(async one -> Result<u32, String> { Ok(half(2)?) });
task!(two -> impl Iterator<Item = u32> { double(1).into_iter() });

#[test]
fn compiles() {
    assert_eq!(double(2), Ok(4));
    assert_eq!(two().next(), Some(2));
    drop(one());
}
