//! A nightly job that pushes to a Pushgateway: `cargo run --release --example nightly`.
//!
//! `PUSHGATEWAY_URL` is where the gateway is, `http://127.0.0.1:9091` if it is not set. The gateway keeps what was pushed
//! until it is deleted: `cargo run --release --example nightly -- --forget`, once there is no such job any more.

#![forbid(unsafe_code)]

use std::{env, process::ExitCode, time::Duration};

use examples::{Item, Store, StoreError};
use metrics_runtime::{Config, Pusher, init, instrument_task};

/// The whole job.
#[instrument_task(task = "nightly", every = 86_400.0)]
async fn nightly(store: &Store) -> Result<(), StoreError> {
    for id in 1..=5 {
        stock(store, id).await?;
    }
    Ok(())
}

#[instrument_task(task = "nightly_stock", buckets = [0.01, 0.1, 1.0])]
async fn stock(store: &Store, id: u32) -> Result<(), StoreError> {
    tokio::time::sleep(Duration::from_millis(20)).await;
    store.put(Item {
        id,
        name: format!("item {id}"),
    });
    store.get(id).map(drop)
}

async fn run() -> Result<(), Box<dyn std::error::Error>> {
    init(Config::from_env()?)?;
    let url = env::var("PUSHGATEWAY_URL").unwrap_or_else(|_| "http://127.0.0.1:9091".to_owned());
    let pusher = Pusher::builder(url)
        .job("nightly")
        .grouping("warehouse", "north/1")
        .build()?;
    if env::args().nth(1).as_deref() == Some("--forget") {
        pusher.delete().await?;
        println!("deleted");
        return Ok(());
    }
    // The job is long: its progress is pushed too.
    let running = pusher.run_every(Duration::from_secs(15));
    let done = nightly(&Store::default()).await;
    // Pushed also where the job has failed: that is what the alert is about.
    running.stop().await?;
    done?;
    println!("pushed");
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("nightly: {error}");
            ExitCode::FAILURE
        }
    }
}
