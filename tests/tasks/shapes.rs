//! Every shape of function the attribute takes, beside other attributes and in other macros.

use std::{
    fmt::Display,
    future::Future,
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
};

use actix_web::rt;
use metrics_runtime::instrument_task;

use crate::outcomes;

/// Runs a future to its end on a thread of actix's kind.
fn block_on<F: Future>(future: F) -> F::Output {
    rt::System::new().block_on(future)
}

const OK: [f64; 4] = [1.0, 0.0, 0.0, 0.0];
const OK_AND_ERROR: [f64; 4] = [1.0, 1.0, 0.0, 0.0];

#[derive(Debug, PartialEq)]
struct Refused;

impl From<std::num::ParseIntError> for Refused {
    fn from(_: std::num::ParseIntError) -> Self {
        Self
    }
}

#[instrument_task(task = "shapes_sync")]
fn sync(text: &str) -> Result<i32, Refused> {
    let number: i32 = text.parse()?;
    if number < 0 {
        return Err(Refused);
    }
    Ok(number)
}

#[instrument_task(task = "shapes_async")]
async fn asynchronous(text: &str) -> Result<i32, Refused> {
    rt::task::yield_now().await;
    let number: i32 = text.parse()?;
    if number < 0 {
        return Err(Refused);
    }
    Ok(number)
}

#[test]
fn functions_return_early_and_use_the_question_mark() {
    assert_eq!(sync("7"), Ok(7));
    assert_eq!(sync("x"), Err(Refused));
    assert_eq!(sync("-7"), Err(Refused));
    assert_eq!(outcomes("shapes_sync"), [1.0, 2.0, 0.0, 0.0]);
    assert_eq!(block_on(asynchronous("7")), Ok(7));
    assert_eq!(block_on(asynchronous("x")), Err(Refused));
    assert_eq!(block_on(asynchronous("-7")), Err(Refused));
    assert_eq!(outcomes("shapes_async"), [1.0, 2.0, 0.0, 0.0]);
}

#[instrument_task(task = "shapes_boxed_error")]
async fn boxed_error(text: &str) -> Result<Box<dyn Display + Send>, Box<dyn std::error::Error>> {
    if text.is_empty() {
        return Err("nothing to parse".into());
    }
    if text == "0" {
        return Ok(Box::new(0));
    }
    Ok(Box::new(text.parse::<f64>()?))
}

#[instrument_task(task = "shapes_alias")]
fn alias(fail: bool) -> io::Result<()> {
    if fail {
        return Err(io::ErrorKind::NotFound.into());
    }
    Ok(())
}

#[test]
fn return_types_coerce_as_in_the_signature() {
    assert_eq!(block_on(boxed_error("0")).unwrap().to_string(), "0");
    assert_eq!(block_on(boxed_error("1.5")).unwrap().to_string(), "1.5");
    assert!(block_on(boxed_error("")).is_err());
    assert!(block_on(boxed_error("x")).is_err());
    assert_eq!(outcomes("shapes_boxed_error"), [2.0, 2.0, 0.0, 0.0]);
    assert!(alias(false).is_ok());
    assert!(alias(true).is_err());
    assert_eq!(outcomes("shapes_alias"), OK_AND_ERROR);
}

#[instrument_task(task = "shapes_generic")]
async fn generic<T, const N: usize>(items: [T; N]) -> Result<Vec<String>, T>
where
    T: Display,
{
    let mut texts = Vec::new();
    for item in items {
        if item.to_string().is_empty() {
            return Err(item);
        }
        texts.push(item.to_string());
    }
    Ok(texts)
}

#[instrument_task(task = "shapes_impl_trait")]
fn impl_trait<'a>(
    words: &'a [&'a str],
    suffix: impl Display + 'a,
) -> impl Iterator<Item = String> + 'a {
    words.iter().map(move |word| format!("{word}{suffix}"))
}

#[instrument_task(task = "shapes_result_of_impl_trait")]
async fn result_of_impl_trait(fail: bool) -> Result<impl Display, Refused> {
    if fail {
        Err(Refused)?;
    }
    Ok("fine")
}

#[test]
fn generics_and_impl_trait() {
    assert_eq!(block_on(generic([1, 2])), Ok(vec!["1".into(), "2".into()]));
    assert_eq!(block_on(generic([""])), Err(""));
    assert_eq!(outcomes("shapes_generic"), OK_AND_ERROR);
    assert_eq!(impl_trait(&["a", "b"], 1).collect::<Vec<_>>(), ["a1", "b1"]);
    assert_eq!(outcomes("shapes_impl_trait"), OK);
    assert!(block_on(result_of_impl_trait(false)).is_ok());
    assert!(block_on(result_of_impl_trait(true)).is_err());
    assert_eq!(outcomes("shapes_result_of_impl_trait"), OK_AND_ERROR);
}

struct Queue<T> {
    items: Vec<T>,
}

impl<T: Clone + Send> Queue<T> {
    #[instrument_task(task = "shapes_constructor")]
    fn new(items: Vec<T>) -> Self {
        Self { items }
    }

    #[instrument_task(task = "shapes_by_reference")]
    fn first(&self) -> Option<&T> {
        self.items.first()
    }

    #[instrument_task(task = "shapes_by_mutable_reference")]
    fn first_mut(&mut self) -> &mut T {
        &mut self.items[0]
    }

    #[instrument_task(task = "shapes_by_mutable_reference_async")]
    async fn last_mut(&mut self) -> Result<&mut T, Refused> {
        rt::task::yield_now().await;
        self.items.last_mut().ok_or(Refused)
    }

    #[instrument_task(task = "shapes_by_value")]
    async fn into_items(mut self, (more, _): (T, T)) -> Result<Vec<T>, Self> {
        if self.items.is_empty() {
            return Err(self);
        }
        self.items.push(more);
        Ok(self.items)
    }
}

#[test]
fn methods() {
    let mut queue = Queue::new(vec![1, 2]);
    assert_eq!(queue.first(), Some(&1));
    *queue.first_mut() += 10;
    *block_on(queue.last_mut()).unwrap() += 20;
    let items = block_on(queue.into_items((33, 0))).ok().unwrap();
    assert_eq!(items, [11, 22, 33]);
    let empty = Queue::<u8>::new(Vec::new());
    assert!(block_on(empty.into_items((1, 2))).is_err());
    assert_eq!(outcomes("shapes_constructor"), [2.0, 0.0, 0.0, 0.0]);
    assert_eq!(outcomes("shapes_by_reference"), OK);
    assert_eq!(outcomes("shapes_by_mutable_reference"), OK);
    assert_eq!(outcomes("shapes_by_mutable_reference_async"), OK);
    assert_eq!(outcomes("shapes_by_value"), OK_AND_ERROR);
}

trait Job {
    async fn run(&self) -> Result<(), Refused>;

    #[instrument_task(task = "shapes_provided")]
    async fn run_twice(&self) -> Result<(), Refused> {
        self.run().await?;
        self.run().await
    }
}

struct Fails(bool);

impl Job for Fails {
    #[instrument_task(task = "shapes_trait_method")]
    async fn run(&self) -> Result<(), Refused> {
        if self.0 { Err(Refused) } else { Ok(()) }
    }
}

#[test]
fn methods_of_traits() {
    assert!(block_on(Fails(false).run_twice()).is_ok());
    assert!(block_on(Fails(true).run_twice()).is_err());
    assert_eq!(outcomes("shapes_trait_method"), [2.0, 1.0, 0.0, 0.0]);
    assert_eq!(outcomes("shapes_provided"), OK_AND_ERROR);
}

#[async_trait::async_trait]
trait Worker: Sync {
    async fn work(&self, fail: bool) -> Result<i32, Refused>;
    async fn traced_above(&mut self, fail: bool) -> Result<i32, Refused>;
    async fn traced_below(&mut self, fail: bool) -> Result<i32, Refused>;
    async fn without_result(&self);

    #[instrument_task(task = "shapes_async_trait_provided")]
    async fn provided(&self, fail: bool) -> Result<i32, Refused> {
        self.work(fail).await
    }
}

struct Plain<T>(T);

#[async_trait::async_trait]
impl<T: Sync + Send + Display> Worker for Plain<T> {
    #[instrument_task(task = "shapes_async_trait")]
    async fn work(&self, fail: bool) -> Result<i32, Refused> {
        rt::task::yield_now().await;
        if fail {
            return Err(Refused);
        }
        Ok(self.0.to_string().parse::<i32>()?)
    }

    #[tracing::instrument(skip_all)]
    #[instrument_task(task = "shapes_traced_above")]
    async fn traced_above(&mut self, fail: bool) -> Result<i32, Refused> {
        rt::task::yield_now().await;
        self.work(fail).await
    }

    #[instrument_task(task = "shapes_traced_below")]
    #[tracing::instrument(skip_all, err(Debug))]
    async fn traced_below(&mut self, fail: bool) -> Result<i32, Refused> {
        rt::task::yield_now().await;
        self.work(fail).await
    }

    #[instrument_task(task = "shapes_async_trait_unit")]
    async fn without_result(&self) {
        rt::task::yield_now().await;
    }
}

#[test]
fn methods_under_async_trait() {
    let mut worker: Box<dyn Worker> = Box::new(Plain("7"));
    for fail in [false, true] {
        assert_eq!(block_on(worker.work(fail)).is_err(), fail);
        assert_eq!(block_on(worker.provided(fail)).is_err(), fail);
        assert_eq!(block_on(worker.traced_above(fail)).is_err(), fail);
        assert_eq!(block_on(worker.traced_below(fail)).is_err(), fail);
    }
    block_on(worker.without_result());
    // A future that is never polled is no run.
    drop(worker.work(false));
    assert_eq!(outcomes("shapes_async_trait"), [4.0, 4.0, 0.0, 0.0]);
    assert_eq!(outcomes("shapes_async_trait_provided"), OK_AND_ERROR);
    assert_eq!(outcomes("shapes_traced_above"), OK_AND_ERROR);
    assert_eq!(outcomes("shapes_traced_below"), OK_AND_ERROR);
    assert_eq!(outcomes("shapes_async_trait_unit"), OK);
}

#[tracing::instrument]
#[instrument_task(task = "shapes_traced_function_above")]
async fn traced_above(fail: bool) -> Result<(), Refused> {
    rt::task::yield_now().await;
    if fail { Err(Refused) } else { Ok(()) }
}

#[instrument_task(task = "shapes_traced_function_below")]
#[tracing::instrument(ret, err(Debug))]
fn traced_below(fail: bool) -> Result<(), Refused> {
    if fail { Err(Refused) } else { Ok(()) }
}

#[test]
fn functions_with_tracing() {
    for fail in [false, true] {
        assert_eq!(block_on(traced_above(fail)).is_err(), fail);
        assert_eq!(traced_below(fail).is_err(), fail);
    }
    assert_eq!(outcomes("shapes_traced_function_above"), OK_AND_ERROR);
    assert_eq!(outcomes("shapes_traced_function_below"), OK_AND_ERROR);
}

#[instrument_task(task = "shapes_boxed_future")]
fn boxed_future(depth: u32) -> Pin<Box<dyn Future<Output = Result<u32, Refused>> + Send>> {
    let next = depth.checked_sub(1);
    Box::pin(async move {
        match next {
            Some(next) => Ok(1 + boxed_future(next).await?),
            None => Ok(0),
        }
    })
}

#[expect(clippy::manual_async_fn, reason = "the shape under test")]
#[instrument_task(task = "shapes_impl_future")]
fn impl_future(fail: &bool) -> impl Future<Output = Result<(), Refused>> + Send {
    async move { if *fail { Err(Refused) } else { Ok(()) } }
}

#[test]
fn functions_that_return_a_future() {
    assert_eq!(block_on(boxed_future(3)), Ok(3));
    assert_eq!(outcomes("shapes_boxed_future"), [4.0, 0.0, 0.0, 0.0]);
    for fail in [false, true] {
        assert_eq!(block_on(impl_future(&fail)).is_err(), fail);
    }
    assert_eq!(outcomes("shapes_impl_future"), OK_AND_ERROR);
}

#[instrument_task(task = "shapes_never")]
fn never(message: &str) -> ! {
    panic!("{message}")
}

#[instrument_task(task = "shapes_never_async")]
async fn never_async() -> ! {
    loop {
        rt::task::yield_now().await;
        assert!(catch_unwind(|| ()).is_err(), "a loop may panic");
    }
}

#[test]
fn functions_that_never_return() {
    assert!(catch_unwind(|| never("a task may panic")).is_err());
    assert_eq!(outcomes("shapes_never"), [0.0, 0.0, 1.0, 0.0]);
    let caught = catch_unwind(AssertUnwindSafe(|| block_on(never_async())));
    assert!(caught.is_err());
    assert_eq!(outcomes("shapes_never_async"), [0.0, 0.0, 1.0, 0.0]);
}

/// A body may begin with attributes and items, shadow our names, and end without an expression.
#[instrument_task(task = "shapes_body")]
#[must_use]
#[inline]
fn body(__task: u32, mut __returned: u32) -> u32 {
    #![allow(clippy::items_after_statements)]
    use std::cmp::max;
    static TASK: u32 = 1;
    __returned += TASK;
    return max(__task, __returned);
}

#[instrument_task(task = "shapes_unit")]
fn unit(fail: bool) {
    if fail {
        return;
    }
    println!("a body that ends in a statement");
}

#[test]
fn bodies() {
    assert_eq!(body(1, 5), 6);
    assert_eq!(outcomes("shapes_body"), OK);
    unit(true);
    unit(false);
    assert_eq!(outcomes("shapes_unit"), [2.0, 0.0, 0.0, 0.0]);
}

/// An argument that may move to another thread, but not be shared, leaves the future as it is.
#[instrument_task(task = "shapes_send")]
async fn send(cell: std::cell::Cell<u32>) -> u32 {
    rt::task::yield_now().await;
    cell.get()
}

#[test]
fn futures_stay_send() {
    const fn assert_send<T: Send>(_: &T) {}
    let future = send(std::cell::Cell::new(3));
    assert_send(&future);
    assert_eq!(block_on(future), 3);
    assert_eq!(outcomes("shapes_send"), OK);
}
