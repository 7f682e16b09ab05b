//! A worker that takes orders from a queue, with `/metrics` on a port of its own:
//! `cargo run --release --example worker`.
//!
//! `METRICS_ADDR` is where it serves, `127.0.0.1:9102` if it is not set.

#![forbid(unsafe_code)]

use std::{env, process::ExitCode, time::Duration};

use examples::StoreError;
use metrics_runtime::{Config, init, instrument_task, serve};
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::mpsc,
    time::{sleep, timeout},
};

/// How long one order may take.
const PATIENCE: Duration = Duration::from_millis(100);

/// Every seventh order is for an item that is not there, every eleventh takes too long.
#[instrument_task(task = "pack_order", buckets = [0.005, 0.01, 0.05, 0.1, 0.5])]
async fn pack(order: u32) -> Result<(), StoreError> {
    if order.is_multiple_of(7) {
        return Err(StoreError::Absent(order));
    }
    let effort = if order.is_multiple_of(11) { 60_000 } else { 2 };
    sleep(Duration::from_millis(effort)).await;
    Ok(())
}

/// Stands for a broker.
async fn produce(queue: mpsc::Sender<u32>) {
    for order in 1.. {
        if queue.send(order).await.is_err() {
            return;
        }
        sleep(Duration::from_millis(10)).await;
    }
}

async fn work() -> Result<(), Box<dyn std::error::Error>> {
    init(Config::from_env()?)?;
    let addr = env::var("METRICS_ADDR").unwrap_or_else(|_| "127.0.0.1:9102".to_owned());
    let server = serve(addr)?;
    println!("metrics on http://{}/metrics", server.addr());

    let (sender, mut queue) = mpsc::channel(100);
    tokio::spawn(produce(sender));
    let mut terminated = signal(SignalKind::terminate())?;
    loop {
        let order = tokio::select! {
            order = queue.recv() => order,
            _ = terminated.recv() => break,
        };
        let Some(order) = order else { break };
        // An order that is given up counts as cancelled; one that fails, as an error.
        match timeout(PATIENCE, pack(order)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => eprintln!("order {order}: {error}"),
            Err(elapsed) => eprintln!("order {order}: {elapsed}"),
        }
    }
    server.stop();
    println!("stopped");
    Ok(())
}

#[tokio::main]
async fn main() -> ExitCode {
    match work().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("worker: {error}");
            ExitCode::FAILURE
        }
    }
}
