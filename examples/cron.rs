//! A cron job that leaves its metrics in a file for `node_exporter`'s textfile collector:
//! `cargo run --release --example cron -- /var/lib/node_exporter/cron.prom`.

#![forbid(unsafe_code)]

use std::{env, error::Error, process::ExitCode};

use examples::{Store, StoreError};
use metrics_runtime::{Config, init, instrument_task, write_textfile};

#[instrument_task(task = "cron", every = 3600.0)]
fn count_items(store: &Store) -> Result<usize, StoreError> {
    let found = (1..=1)
        .map(|id| store.get(id))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(found.len())
}

fn run() -> Result<(), Box<dyn Error>> {
    let path = env::args().nth(1).ok_or("name the file to write")?;
    init(Config::from_env()?)?;
    let counted = count_items(&Store::default());
    // Written also where the job has failed: that is what the alert is about.
    write_textfile(path)?;
    println!("{} items", counted?);
    Ok(())
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("cron: {error}");
            ExitCode::FAILURE
        }
    }
}
