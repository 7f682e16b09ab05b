//! The workspace forbids `unsafe`, so a task that is an `unsafe fn` is here.

use metrics_runtime::{instrument_task, value};

/// # Safety
/// The pointer must be of a number.
#[instrument_task(task = "dangerous")]
unsafe fn dangerous(pointer: *const u32) -> Option<u32> {
    // SAFETY: the caller says so.
    Some(unsafe { *pointer })
}

#[test]
fn an_unsafe_function_is_a_task() {
    // SAFETY: it is a reference.
    assert_eq!(unsafe { dangerous(&7) }, Some(7));
    let ok = [("task", "dangerous"), ("outcome", "ok")];
    assert_eq!(value("task_runs_total", &ok), Some(1.0));
}
