//! How metrics start, or fail to. Each case runs in a process of its own, because a process starts its metrics once.

#![allow(clippy::unused_async, reason = "actix wants it, await or not")]

use std::{
    alloc::System,
    env,
    panic::catch_unwind,
    process::{Command, exit},
    sync::Mutex,
};

use actix_web::{App, dev::Service, test, web};
use log::{Level, LevelFilter, Log, Metadata, Record};
use metrics_runtime::{
    CatchAll, Config, Format, InitError, Metrics, init, instrument_handler, metrics_scope,
    prometheus, registry, render,
};
use prometheus::{IntCounter, Registry};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

type Case = (&'static str, &'static [(&'static str, &'static str)], fn());

/// The name of a case, the environment of its process, and what it does.
const CASES: &[Case] = &[
    (
        "a_taken_name_turns_metrics_off_at_the_first_request",
        &[],
        || {
            let other = IntCounter::new("http_requests_total", "Another's.").unwrap();
            prometheus::default_registry()
                .register(Box::new(other))
                .unwrap();
            a_failed_start_is_remembered();
        },
    ),
    (
        "an_invalid_variable_turns_metrics_off_at_the_first_request",
        &[("METRICS_LATENCY_BUCKETS", "fast")],
        a_failed_start_is_remembered,
    ),
    (
        "a_failed_start_is_told_to_whoever_asks_and_logged_once",
        &[("ENABLE_METRICS", "perhaps")],
        || {
            for _ in 0..3 {
                assert!(catch_unwind(metrics_scope).is_err());
                assert!(catch_unwind(|| render(Format::Text)).is_err());
            }
            assert_eq!(logged(Level::Error).len(), 1);
        },
    ),
    (
        "a_refused_init_changes_nothing",
        &[],
        a_refused_init_changes_nothing,
    ),
    (
        "a_refused_init_leaves_the_choice_of_a_registry",
        &[],
        || {
            let other = IntCounter::new("http_requests_total", "Another's.").unwrap();
            prometheus::default_registry()
                .register(Box::new(other))
                .unwrap();
            assert!(matches!(init(config()), Err(InitError::Registry(_))));
            init(with(Registry::new())).unwrap();
            assert!(render(Format::Text).starts_with("# HELP http_requests_total"));
        },
    ),
    ("a_registry_that_was_given_out_is_kept", &[], || {
        let mine = IntCounter::new("mine_total", "Mine.").unwrap();
        registry().register(Box::new(mine)).unwrap();
        let refused = init(with(Registry::new()));
        assert!(matches!(refused, Err(InitError::RegistryInUse)));
        init(config()).unwrap();
        assert!(render(Format::Text).contains("\nmine_total 0\n"));
        assert!(matches!(init(config()), Err(InitError::AlreadyInitialized)));
    }),
    (
        "a_second_set_of_metrics_with_the_same_names_is_logged_once",
        &[],
        || {
            let named = |name| Config::builder().namespace(name).build().unwrap();
            Metrics::new(config()).unwrap();
            Metrics::new(named("shop")).unwrap();
            Metrics::new(with(Registry::new())).unwrap();
            Metrics::new(Config::builder().enabled(false).build().unwrap()).unwrap();
            assert_eq!(logged(Level::Warn), [""; 0]);
            for _ in 0..3 {
                Metrics::new(named("shop")).unwrap();
            }
            let [warning] = &logged(Level::Warn)[..] else {
                panic!("{:?}", logged(Level::Warn));
            };
            assert!(warning.contains("`shop_http_requests_total`"), "{warning}");
        },
    ),
];

fn main() {
    let mut args = env::args().skip(1);
    if args.next().as_deref() == Some("--case") {
        let name = args.next().expect("a name");
        let (_, _, run) = CASES
            .iter()
            .find(|(known, ..)| *known == name)
            .expect("a case");
        log::set_logger(&LOGGER).expect("the only logger");
        log::set_max_level(LevelFilter::Warn);
        return run();
    }
    let mut failed = 0;
    for (name, variables, _) in CASES {
        let process = Command::new(env::current_exe().expect("has a path"))
            .args(["--case", name])
            .envs(variables.iter().copied())
            .output()
            .expect("starts");
        if process.status.success() {
            println!("test {name} ... ok");
        } else {
            failed += 1;
            println!(
                "test {name} ... FAILED\n{}",
                String::from_utf8_lossy(&process.stderr)
            );
        }
    }
    let passed = CASES.len() - failed;
    println!("test result: {passed} passed; {failed} failed");
    exit(i32::from(failed > 0));
}

fn config() -> Config {
    Config::builder().build().unwrap()
}

fn with(registry: Registry) -> Config {
    Config::builder().registry(registry).build().unwrap()
}

/// What was logged.
struct Logger(Mutex<Vec<(Level, String)>>);

static LOGGER: Logger = Logger(Mutex::new(Vec::new()));

impl Log for Logger {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &Record<'_>) {
        let line = (record.level(), record.args().to_string());
        self.0.lock().unwrap().push(line);
    }

    fn flush(&self) {}
}

fn logged(level: Level) -> Vec<String> {
    let lines = LOGGER.0.lock().unwrap();
    let of_level = lines.iter().filter(|(known, _)| *known == level);
    of_level.map(|(_, line)| line.clone()).collect()
}

#[instrument_handler]
async fn annotated() -> &'static str {
    "an answer"
}

async fn bare() -> &'static str {
    "an answer"
}

/// Allocations of requests to an `App`, once it is warm.
macro_rules! allocations {
    ($app:expr) => {
        actix_web::rt::System::new().block_on(async {
            let app = test::init_service($app).await;
            let request = || test::TestRequest::get().uri("/x").to_request();
            for _ in 0..50 {
                assert!(app.call(request()).await.unwrap().status().is_success());
            }
            let requests: Vec<_> = (0..500).map(|_| request()).collect();
            let region = Region::new(ALLOCATOR);
            for request in requests {
                assert!(app.call(request).await.unwrap().status().is_success());
            }
            region.change().allocations
        })
    };
}

fn a_failed_start_is_remembered() {
    let without = allocations!(App::new().route("/x", web::get().to(bare)));
    let handler = allocations!(App::new().route("/x", web::get().to(annotated)));
    assert_eq!(handler, without, "allocations of an annotated handler");
    for handler in [web::get().to(annotated), web::get().to(bare)] {
        let around = allocations!(App::new().route("/x", handler).wrap(CatchAll));
        assert_eq!(around, without, "allocations with `CatchAll`");
    }
    let lines = logged(Level::Error);
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].starts_with("metrics are off: "), "{lines:?}");
}

fn a_refused_init_changes_nothing() {
    let taken = Registry::new();
    let other = IntCounter::new("http_requests_total", "Another's.").unwrap();
    taken.register(Box::new(other)).unwrap();
    assert!(matches!(
        init(with(taken.clone())),
        Err(InitError::Registry(_))
    ));
    let prefixed = Registry::new_custom(Some("mine".to_owned()), None).unwrap();
    assert!(matches!(
        init(with(prefixed)),
        Err(InitError::CustomRegistry)
    ));
    // What it holds is what it held.
    let gathered = taken.gather();
    assert_eq!(gathered.len(), 1);
    assert_eq!(gathered[0].name(), "http_requests_total");

    let free = Registry::new();
    init(with(free.clone())).unwrap();
    let mine = IntCounter::new("mine_total", "Mine.").unwrap();
    registry().register(Box::new(mine)).unwrap();
    let names = |registry: &Registry| {
        let families = registry.gather();
        let is_mine = |name: &str| name == "mine_total";
        families.iter().filter(|one| is_mine(one.name())).count()
    };
    assert_eq!(
        (names(&free), names(&taken)),
        (1, 0),
        "`registry()` is the one that was accepted"
    );
    assert!(render(Format::Text).contains("\nmine_total 0\n"));
}
