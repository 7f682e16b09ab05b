//! Programs without an `App`: a server of their own, a Pushgateway, a file.

mod workers {
    mod executors;
    mod gateway;
    mod pusher;
    mod pushgateway;
    mod serve;
    mod textfile;
}

use std::{env, process::Command};

/// Runs an ignored test of this program by itself, with these variables.
fn run_alone(test: &str, variables: &[(&str, &str)]) {
    let output = Command::new(env::current_exe().expect("a test has a path"))
        .args(["--exact", test, "--ignored"])
        .envs(variables.iter().copied())
        .output()
        .expect("the test runs");
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{printed}");
    assert!(printed.contains("test result: ok. 1 passed"), "{printed}");
}
