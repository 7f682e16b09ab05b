//! The items the quickstart serves, in memory: what an application has beside its handlers.

use std::{
    collections::BTreeMap,
    fmt,
    pin::Pin,
    sync::{Mutex, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

use actix_web::{
    ResponseError,
    http::StatusCode,
    rt::time::{Interval, interval},
    web::Bytes,
};
use futures_core::Stream;
use serde::{Deserialize, Serialize};

/// One item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// Its number.
    pub id: u32,
    /// What it is called.
    pub name: String,
}

/// What can go wrong with items; the type's name becomes the `exception_type` label.
#[derive(Debug, PartialEq, Eq)]
pub enum StoreError {
    /// There is no item of that number.
    Absent(u32),
    /// The store does not answer.
    Unavailable,
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent(id) => write!(f, "no item {id}"),
            Self::Unavailable => f.write_str("the store does not answer"),
        }
    }
}

impl std::error::Error for StoreError {}

impl ResponseError for StoreError {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::Absent(_) => StatusCode::NOT_FOUND,
            Self::Unavailable => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

/// All items, by number.
#[derive(Debug)]
pub struct Store {
    items: Mutex<BTreeMap<u32, Item>>,
}

impl Default for Store {
    /// One item to begin with: number 1.
    fn default() -> Self {
        let first = Item {
            id: 1,
            name: "teapot".to_owned(),
        };
        Self {
            items: Mutex::new(BTreeMap::from([(1, first)])),
        }
    }
}

impl Store {
    /// Finds an item.
    ///
    /// # Errors
    /// [`StoreError::Absent`] if there is none of that number.
    pub fn get(&self, id: u32) -> Result<Item, StoreError> {
        self.lock().get(&id).cloned().ok_or(StoreError::Absent(id))
    }

    /// Adds an item, or replaces the one of its number.
    pub fn put(&self, item: Item) {
        self.lock().insert(item.id, item);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<u32, Item>> {
        self.items.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A body of unknown length: some chunks, with a pause before each.
#[derive(Debug)]
pub struct Ticks {
    left: u32,
    pause: Interval,
}

impl Ticks {
    /// So many chunks of five bytes.
    #[must_use]
    pub fn new(count: u32, pause: Duration) -> Self {
        Self {
            left: count,
            pause: interval(pause),
        }
    }
}

impl Stream for Ticks {
    type Item = Result<Bytes, StoreError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.left == 0 {
            return Poll::Ready(None);
        }
        self.pause.poll_tick(cx).map(|_| {
            self.left -= 1;
            Some(Ok(Bytes::from_static(b"tick\n")))
        })
    }
}
