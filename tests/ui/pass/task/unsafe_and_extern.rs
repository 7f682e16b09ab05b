// functions that are `unsafe`, of another ABI, or tests
#![deny(warnings)]
use metrics_runtime::instrument_task;

#[instrument_task]
unsafe fn dangerous(pointer: *const u32) -> u32 {
    unsafe { *pointer }
}

#[instrument_task]
extern "C" fn of_c(number: u32) -> u32 {
    number + 1
}

#[cfg(any())]
#[instrument_task(none = 1)]
fn gone() {}

#[cfg_attr(all(), instrument_task(task = "there"))]
fn there() {}

fn main() {
    let number = 1;
    // SAFETY: it is a reference.
    assert_eq!(unsafe { dangerous(&number) }, 1);
    assert_eq!(of_c(1), 2);
    there();
}
