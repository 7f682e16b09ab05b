//! How a run ends, and when it begins.

use std::{
    future::{Future, pending},
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    pin::pin,
    sync::mpsc,
    task::{Context, Poll, Waker},
    thread,
    time::Duration,
};

use metrics_runtime::instrument_task;
use tests::eventually;
use tokio::{runtime, select, task, time};

use crate::{now, outcomes};

const NOTHING: [f64; 4] = [0.0; 4];
const ERROR: [f64; 4] = [0.0, 1.0, 0.0, 0.0];
const PANIC: [f64; 4] = [0.0, 0.0, 1.0, 0.0];
const CANCELLED: [f64; 4] = [0.0, 0.0, 0.0, 1.0];

fn runtime() -> runtime::Runtime {
    runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_time()
        .build()
        .expect("a runtime")
}

fn in_progress(task: &str) -> f64 {
    now().value(&format!(r#"task_inprogress{{task="{task}"}}"#))
}

fn poll_once<F: Future>(future: std::pin::Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

#[derive(Debug)]
struct Refused;

#[test]
fn a_run_begins_at_the_first_poll() {
    #[instrument_task(task = "first_poll")]
    async fn waits() {
        pending::<()>().await;
    }

    drop(waits());
    assert_eq!(outcomes("first_poll"), NOTHING);
    {
        let mut future = pin!(waits());
        assert_eq!(in_progress("first_poll"), 0.0);
        assert!(poll_once(future.as_mut()).is_pending());
        assert_eq!(in_progress("first_poll"), 1.0);
        assert!(poll_once(future.as_mut()).is_pending());
        assert_eq!(in_progress("first_poll"), 1.0);
    }
    assert_eq!(outcomes("first_poll"), CANCELLED);
}

#[test]
fn an_aborted_task_is_cancelled() {
    #[instrument_task(task = "aborted")]
    async fn aborted() {
        pending::<()>().await;
    }

    runtime().block_on(async {
        let handle = task::spawn(aborted());
        eventually("the task to begin", || {
            (in_progress("aborted") == 1.0).then_some(())
        });
        handle.abort();
        assert!(handle.await.unwrap_err().is_cancelled());
    });
    assert_eq!(outcomes("aborted"), CANCELLED);
}

#[test]
fn a_task_that_loses_a_select_or_times_out_is_cancelled() {
    #[instrument_task(task = "timed_out")]
    async fn slow() -> Result<(), Refused> {
        pending().await
    }

    runtime().block_on(async {
        select! {
            biased;
            _ = slow() => unreachable!("it is pending"),
            () = task::yield_now() => {}
        }
        let timeout = time::timeout(Duration::from_millis(1), slow()).await;
        assert!(timeout.is_err());
    });
    assert_eq!(outcomes("timed_out"), [0.0, 0.0, 0.0, 2.0]);
}

#[test]
fn a_panic_is_a_panic_before_and_after_the_first_await() {
    #[instrument_task(task = "panics_async")]
    async fn panics(late: bool) -> Result<(), Refused> {
        if late {
            task::yield_now().await;
        }
        panic!("a task may panic")
    }

    #[instrument_task(task = "panics")]
    fn panics_at_once() -> Result<(), Refused> {
        panic!("a task may panic")
    }

    runtime().block_on(async {
        for late in [false, true] {
            assert!(task::spawn(panics(late)).await.unwrap_err().is_panic());
        }
    });
    assert_eq!(outcomes("panics_async"), [0.0, 0.0, 2.0, 0.0]);
    assert!(catch_unwind(panics_at_once).is_err());
    assert_eq!(outcomes("panics"), PANIC);
}

#[test]
fn a_panic_elsewhere_cancels_what_is_pending() {
    #[instrument_task(task = "beside_a_panic")]
    async fn beside() {
        pending::<()>().await;
    }

    let caught = catch_unwind(|| {
        let mut future = pin!(beside());
        assert!(poll_once(future.as_mut()).is_pending());
        resume_unwind(Box::new("of another"));
    });
    assert!(caught.is_err());
    assert_eq!(outcomes("beside_a_panic"), CANCELLED);
}

#[test]
fn what_runs_while_another_panic_unwinds_can_succeed() {
    #[instrument_task(task = "in_a_destructor")]
    fn clean_up() {}

    struct CleanUp;
    impl Drop for CleanUp {
        fn drop(&mut self) {
            clean_up();
        }
    }

    let caught = catch_unwind(AssertUnwindSafe(|| {
        let _clean_up = CleanUp;
        resume_unwind(Box::new("of another"));
    }));
    assert!(caught.is_err());
    assert_eq!(outcomes("in_a_destructor"), [1.0, 0.0, 0.0, 0.0]);
}

#[test]
fn an_error_is_an_error_and_not_a_panic() {
    #[instrument_task(task = "fails")]
    fn fails() -> Result<(), Refused> {
        Err(Refused)
    }

    assert!(fails().is_err());
    assert_eq!(outcomes("fails"), ERROR);
    let scrape = now();
    assert_eq!(
        scrape.get(r#"task_last_success_timestamp_seconds{task="fails"}"#),
        None
    );
    assert_eq!(
        scrape.value(r#"task_errors_total{task="fails",error_type="Refused"}"#),
        1.0
    );
}

#[derive(Debug, Default)]
struct Report {
    skipped: u32,
}

impl Report {
    fn is_partial(&self) -> bool {
        assert!(self.skipped < 100, "a predicate may panic");
        self.skipped > 0
    }
}

#[test]
fn error_if_finds_failures_without_err() {
    #[instrument_task(task = "error_if", error_if = Report::is_partial)]
    async fn report(skipped: u32) -> Report {
        Report { skipped }
    }

    #[instrument_task(task = "error_if_of_result", error_if = Result::is_ok)]
    fn fails_either_way(number: u32) -> Result<u32, Refused> {
        if number == 0 {
            Err(Refused)
        } else {
            Ok(number)
        }
    }

    #[instrument_task(task = "error_if_none", error_if = Option::is_none)]
    fn finds(found: bool) -> Option<impl Sized> {
        found.then_some(1)
    }

    let by = |task: &str, error: &str| {
        now().value(&format!(
            r#"task_errors_total{{task="{task}",error_type="{error}"}}"#
        ))
    };
    assert_eq!(by("error_if", "is_partial"), 0.0);
    runtime().block_on(async {
        report(0).await;
        report(1).await;
        assert!(task::spawn(report(100)).await.unwrap_err().is_panic());
    });
    assert_eq!(outcomes("error_if"), [1.0, 1.0, 1.0, 0.0]);
    assert_eq!(by("error_if", "is_partial"), 1.0);

    assert!(fails_either_way(0).is_err());
    assert!(fails_either_way(1).is_ok());
    assert_eq!(outcomes("error_if_of_result"), [0.0, 2.0, 0.0, 0.0]);
    assert_eq!(by("error_if_of_result", "Refused"), 1.0);
    assert_eq!(by("error_if_of_result", "is_ok"), 1.0);

    assert!(finds(true).is_some());
    assert!(finds(false).is_none());
    assert_eq!(outcomes("error_if_none"), [1.0, 1.0, 0.0, 0.0]);
}

#[test]
fn a_run_may_end_on_another_thread_than_it_began_on() {
    #[instrument_task(task = "moves")]
    async fn moves(rounds: u32) {
        for _ in 0..rounds {
            task::yield_now().await;
        }
    }

    let mut pinned = Box::pin(moves(1));
    assert!(poll_once(pinned.as_mut()).is_pending());
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        sender.send(poll_once(pinned.as_mut()).is_ready()).unwrap();
    })
    .join()
    .expect("it ends");
    assert!(receiver.recv().unwrap());
    assert_eq!(outcomes("moves"), [1.0, 0.0, 0.0, 0.0]);

    let began_elsewhere = thread::spawn(|| {
        let mut future = Box::pin(moves(2));
        assert!(poll_once(future.as_mut()).is_pending());
        future
    });
    let future = began_elsewhere.join().unwrap();
    assert_eq!(in_progress("moves"), 1.0);
    drop(future);
    assert_eq!(outcomes("moves"), [1.0, 0.0, 0.0, 1.0]);
}

#[test]
fn a_run_in_a_destructor_of_a_thread_local_counts() {
    #[instrument_task(task = "thread_exit")]
    fn at_exit() {}

    struct AtExit;
    impl Drop for AtExit {
        fn drop(&mut self) {
            at_exit();
        }
    }
    thread_local!(static AT_EXIT: AtExit = const { AtExit });

    thread::spawn(|| {
        AT_EXIT.with(|_| ());
        at_exit();
    })
    .join()
    .expect("it ends");
    assert_eq!(outcomes("thread_exit"), [2.0, 0.0, 0.0, 0.0]);
}

#[test]
fn a_run_that_calls_itself_counts_each_call() {
    #[instrument_task(task = "recursive")]
    fn recursive(depth: u32) -> u32 {
        assert_eq!(in_progress("recursive") + f64::from(depth), 4.0);
        match depth {
            0 => 0,
            depth => 1 + recursive(depth - 1),
        }
    }

    assert_eq!(recursive(3), 3);
    assert_eq!(outcomes("recursive"), [4.0, 0.0, 0.0, 0.0]);
}
