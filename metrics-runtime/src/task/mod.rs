//! Tasks: runs of functions under `#[instrument_task]`, from the first poll or the call to whatever ends them.
//!
//! The expansion calls [`TaskSite::run`] or [`TaskSite::call`] ([`run`]), which begin a [`record`] and close it once.
//! It writes to a [`series`], of which there is one for each task name and set of constant labels; [`families`] and
//! [`objectives`] turn them into samples. All of it is process-wide.

mod families;
mod objectives;
mod record;
mod returned;
mod run;
mod series;
mod site;

pub(crate) use self::{families::Tasks, record::disable};
pub use self::{
    returned::{Failure, Plain, Returned},
    run::Run,
    site::{TASKS, TaskSite},
};
