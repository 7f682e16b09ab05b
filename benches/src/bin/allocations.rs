//! Heap allocations that each way of measuring adds to a request.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use metrics_benches::apps::{Peers, Setup, Shape, Way};
use metrics_benches::harness::BATCH;

struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

fn count() {
    ALLOCATIONS.with(|count| count.set(count.get() + 1));
}

// SAFETY: every call is passed on unchanged to the system's allocator, and counting allocates nothing.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count();
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const BATCHES: usize = 50;

fn main() {
    actix_web::rt::System::new().block_on(async {
        let peers = Peers::install();
        println!("### Heap allocations per request above bare\n");
        println!(
            "| | {} |",
            Shape::ALL
                .map(|shape| format!("{} body", shape.name()))
                .join(" | ")
        );
        println!("|---|{}", "--:|".repeat(Shape::ALL.len()));
        let mut bare = [0.0; Shape::ALL.len()];
        for way in Way::ALL {
            let mut cells = Vec::new();
            for (i, shape) in Shape::ALL.into_iter().enumerate() {
                let subject = peers.subject(way, Setup::Alone, shape).await;
                let batch = || {
                    subject.around(
                        BATCH,
                        || ALLOCATIONS.get(),
                        |before| ALLOCATIONS.get() - before,
                    )
                };
                batch();
                let total: u64 = (0..BATCHES).map(|_| batch()).sum();
                let mean = total as f64 / (BATCHES * BATCH) as f64;
                if way == Way::Bare {
                    bare[i] = mean;
                    cells.push(format!("({mean:.2})"));
                } else {
                    cells.push(format!("{:.2}", mean - bare[i]));
                }
            }
            println!("| {} | {} |", way.name(), cells.join(" | "));
        }
        println!();
    });
}
