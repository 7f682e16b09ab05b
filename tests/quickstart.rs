//! The example as a process of its own, for what only an environment can show.

use std::{
    env,
    io::{BufRead, BufReader},
    net::SocketAddr,
    path::PathBuf,
    process::{Child, ChildStdout, Command, Stdio},
    sync::OnceLock,
};

use tests::{Client, Reply};

/// The running example, killed when dropped.
pub(crate) struct Quickstart {
    process: Child,
    address: SocketAddr,
    /// Held open: it goes on to say what to try.
    _stdout: BufReader<ChildStdout>,
}

impl Quickstart {
    pub(crate) fn start<'a>(variables: impl IntoIterator<Item = &'a (&'a str, &'a str)>) -> Self {
        let mut process = command(variables)
            .stdout(Stdio::piped())
            .spawn()
            .expect("the example runs");
        let stdout = process.stdout.take().expect("it is piped");
        let mut line = String::new();
        let mut stdout = BufReader::new(stdout);
        stdout
            .read_line(&mut line)
            .expect("the example says where it listens");
        let address = line
            .strip_prefix("listening on http://")
            .and_then(|rest| rest.split(';').next())
            .and_then(|address| address.parse().ok())
            .unwrap_or_else(|| panic!("no address in {line:?}"));
        Self {
            process,
            address,
            _stdout: stdout,
        }
    }

    /// Exit code and standard error of an example that cannot start.
    pub(crate) fn refused(variables: &[(&str, &str)]) -> (Option<i32>, String) {
        let output = command(variables).output().expect("the example runs");
        assert_eq!(String::from_utf8_lossy(&output.stdout), "");
        (
            output.status.code(),
            String::from_utf8(output.stderr).expect("text"),
        )
    }

    pub(crate) fn send(&self, method: &str, path: &str, headers: &[&str], body: &[u8]) -> Reply {
        let mut client = Client::connect(self.address).expect("it accepts");
        client.request(method, path, headers, body);
        client.reply(method).expect("a response")
    }

    pub(crate) fn get(&self, path: &str) -> Reply {
        self.send("GET", path, &[], b"")
    }
}

impl Drop for Quickstart {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn command<'a>(variables: impl IntoIterator<Item = &'a (&'a str, &'a str)>) -> Command {
    let mut command = Command::new(binary());
    command.env_clear().env("BIND_ADDR", "127.0.0.1:0");
    // A backtrace would be shown if there were one.
    command.env("RUST_BACKTRACE", "1");
    command.envs(variables.into_iter().copied());
    command
}

/// Built once, beside this test's own binary.
fn binary() -> &'static PathBuf {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| {
        let test = env::current_exe().expect("a test has a path");
        let profile = test
            .parent()
            .and_then(|deps| deps.parent())
            .expect("target");
        let mut build = Command::new(env!("CARGO"));
        build
            .args([
                "build",
                "--quiet",
                "--package",
                "examples",
                "--example",
                "quickstart",
            ])
            .arg("--target-dir")
            .arg(
                profile
                    .parent()
                    .expect("a profile lies in the target directory"),
            );
        if profile.ends_with("release") {
            build.arg("--release");
        }
        assert!(build.status().expect("cargo runs").success());
        profile.join("examples").join("quickstart")
    })
}
