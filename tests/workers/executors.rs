//! Ways to run a future, each in a thread of its own.

use std::{
    future::Future,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll, Wake, Waker},
    thread::{self, Thread},
};

use actix_web::rt::System;
use tokio::runtime::Builder;

pub(super) type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// Runs a future to its end.
pub(super) type Run = fn(BoxFuture<()>);

pub(super) const EXECUTORS: [(&str, Run); 4] = [
    ("tokio, one thread", |future| {
        let runtime = Builder::new_current_thread().build().expect("a runtime");
        runtime.block_on(future);
    }),
    ("tokio, several threads", |future| {
        let runtime = Builder::new_multi_thread()
            .worker_threads(2)
            .build()
            .expect("a runtime");
        runtime
            .block_on(runtime.spawn(future))
            .expect("it does not panic");
    }),
    ("actix", |future| {
        System::new().block_on(async {
            actix_web::rt::spawn(future)
                .await
                .expect("it does not panic");
        });
    }),
    ("none", park_until),
];

/// What a plain thread does.
fn park_until<T>(future: impl Future<Output = T>) -> T {
    struct Unpark(Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(value) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return value;
        }
        thread::park();
    }
}
