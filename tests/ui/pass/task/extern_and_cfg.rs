// functions of another ABI, or under `cfg`
#![deny(warnings)]
use metrics_runtime::instrument_task;

#[instrument_task]
extern "C" fn of_c(number: u32) -> u32 {
    number + 1
}

#[cfg(any())]
#[instrument_task(none = 1)]
fn gone() {}

#[cfg_attr(all(), instrument_task(task = "there"))]
fn there() {}

#[test]
fn compiles() {
    assert_eq!(of_c(1), 2);
    there();
}
