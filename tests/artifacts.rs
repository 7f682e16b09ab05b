//! Files generated from an `App`: the same in every run, until the code changes.

use std::{
    cell::Cell,
    env, fs,
    path::{Path, PathBuf},
    process::Command,
    sync::atomic::{AtomicU32, Ordering::Relaxed},
};

use actix_web::{
    App, Error, HttpResponse,
    body::MessageBody,
    delete,
    dev::{ServiceRequest, ServiceResponse},
    error::ErrorUnauthorized,
    get,
    middleware::{Next, from_fn},
    put,
    test::{TestRequest, call_service, init_service},
    web,
};
use metrics_runtime::{
    Artifacts, ArtifactsError, CatchAll, Metrics, Unmatched, artifacts, instrument_handler,
};
use tests::{metrics, metrics_with};

#[instrument_handler(slo(availability = 99.9, latency = (0.3, 99)))]
#[get("/shelf/{id}")]
async fn shelf(id: web::Path<u32>) -> String {
    id.to_string()
}

#[instrument_handler]
#[put("/shelf/{id}/filled")]
async fn fill(id: web::Path<u32>) -> HttpResponse {
    HttpResponse::Ok().body(id.to_string())
}

/// The handler that is added later.
#[instrument_handler(slo(latency = (0.05, 99.5)))]
#[delete("/shelf/{id}/books")]
async fn empty(id: web::Path<u32>) -> String {
    id.to_string()
}

/// A new folder, removed when dropped.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!(
            "artifacts-{}-{}",
            std::process::id(),
            NEXT.fetch_add(1, Relaxed)
        );
        Self(Path::new(env!("CARGO_TARGET_TMPDIR")).join(name))
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.0.join(name)).expect("it was written")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The artifacts of an `App` with metrics of its own and these routes.
async fn artifacts_of(metrics: Metrics, routes: fn(&mut web::ServiceConfig)) -> Artifacts {
    let app = App::new()
        .app_data(metrics)
        .service(metrics.scope())
        .configure(routes);
    artifacts(&init_service(app).await)
        .await
        .expect("there are routes")
}

fn before(config: &mut web::ServiceConfig) {
    config.service(shelf).service(fill);
}

fn after(config: &mut web::ServiceConfig) {
    config.service(shelf).service(fill).service(empty);
}

fn another_order(config: &mut web::ServiceConfig) {
    config.service(empty).service(fill).service(shelf);
}

fn report(result: Result<(), ArtifactsError>) -> String {
    match result {
        Err(ArtifactsError::Differs(report)) => report,
        other => panic!("it should differ: {other:?}"),
    }
}

#[actix_web::test]
async fn case_41_the_same_bytes_twice_and_in_another_order() {
    let (first, second) = (Folder::new(), Folder::new());
    artifacts_of(metrics(), after)
        .await
        .write(&first.0)
        .unwrap();
    artifacts_of(metrics(), another_order)
        .await
        .write(&second.0)
        .unwrap();
    for name in ["catalogue.json", "catalogue.md", "dashboard.json"] {
        assert_eq!(first.read(name), second.read(name), "{name}");
        // Nothing of the machine is in them.
        for machine in [env!("CARGO_MANIFEST_DIR"), "127.0.0.1", "localhost"] {
            assert!(!first.read(name).contains(machine), "{name}: {machine}");
        }
    }
    assert!(
        first
            .read("catalogue.json")
            .contains("\"/shelf/{id}/books\"")
    );
}

/// Checks a folder in a process of its own, in another directory and with another environment.
fn check_elsewhere(folder: &Folder, update: &str) -> bool {
    let mut test = Command::new(env::current_exe().expect("a test has a path"));
    test.args([
        "--ignored",
        "--exact",
        "artifacts::checks_the_folder_of_the_environment",
    ])
    .env_clear()
    .env("ARTIFACTS_FOLDER", &folder.0)
    .env("UPDATE_ARTIFACTS", update)
    .env("HOSTNAME", "elsewhere")
    .current_dir("/");
    let output = test.output().expect("the test runs");
    let shown = String::from_utf8_lossy(&output.stdout);
    assert!(shown.contains("\nrunning 1 test\n"), "{shown}");
    output.status.success()
}

#[actix_web::test]
#[ignore = "run by `check_elsewhere`"]
async fn checks_the_folder_of_the_environment() {
    let folder = env::var_os("ARTIFACTS_FOLDER").expect("a folder");
    artifacts_of(metrics(), another_order)
        .await
        .check(folder)
        .unwrap();
}

#[actix_web::test]
async fn the_same_bytes_in_another_process_which_rewrites_them_when_asked() {
    let folder = Folder::new();
    artifacts_of(metrics(), after)
        .await
        .write(&folder.0)
        .unwrap();
    assert!(check_elsewhere(&folder, ""));

    let generated = folder.read("catalogue.md");
    fs::write(folder.0.join("catalogue.md"), "edited").unwrap();
    assert!(!check_elsewhere(&folder, "0"));
    assert_eq!(folder.read("catalogue.md"), "edited");
    assert!(check_elsewhere(&folder, "1"));
    assert_eq!(folder.read("catalogue.md"), generated);
}

#[actix_web::test]
async fn what_requests_bring_up_is_not_described() {
    let folder = Folder::new();
    let configured = || metrics_with(|config| config.unmatched(Unmatched::Keep));
    artifacts_of(configured(), after)
        .await
        .write(&folder.0)
        .unwrap();

    let metrics = configured();
    let app = App::new()
        .app_data(metrics)
        .service(metrics.scope())
        .configure(after)
        .wrap(CatchAll);
    let app = init_service(app).await;
    for path in ["/shelf/1", "/shelf/x", "/client/chosen", "/shelf/2/books"] {
        call_service(&app, TestRequest::get().uri(path).to_request()).await;
        call_service(&app, TestRequest::put().uri(path).to_request()).await;
    }
    artifacts(&app).await.unwrap().check(&folder.0).unwrap();
}

#[actix_web::test]
async fn a_handler_that_is_added_makes_the_check_fail_with_a_diff() {
    let folder = Folder::new();
    let missing = report(artifacts_of(metrics(), before).await.check(&folder.0));
    assert_eq!(missing.matches(" is missing\n").count(), 3, "{missing}");

    artifacts_of(metrics(), before)
        .await
        .write(&folder.0)
        .unwrap();
    artifacts_of(metrics(), before)
        .await
        .check(&folder.0)
        .unwrap();
    let error = artifacts_of(metrics(), after)
        .await
        .check(&folder.0)
        .unwrap_err();
    // `unwrap` in a test prints the `Debug` text: lines, not one string with escapes.
    let shown = format!("{error:?}");
    for line in [
        "generated files differ from the code; UPDATE_ARTIFACTS=1 rewrites them",
        "+ | handler=`/shelf/{id}/books`, method=`DELETE` | 99.5 % within 0.05 s |",
        "@ ## `http_request_size_bytes`",
    ] {
        assert!(
            shown.lines().any(|found| found == line),
            "{line}\nin\n{shown}"
        );
    }
    let added = |line: &str| line.starts_with("+ - `handler`: ") && line.contains("books`");
    assert!(shown.lines().any(added), "{shown}");
    for (name, difference) in [
        ("catalogue.md", "differs:"),
        ("catalogue.json", "differs, too"),
        ("dashboard.json", "differs, too"),
    ] {
        let line = format!("{} {difference}", folder.0.join(name).display());
        assert!(
            shown.lines().any(|found| found == line),
            "{line}\nin\n{shown}"
        );
    }

    // A handler that is removed is a difference, too.
    artifacts_of(metrics(), after)
        .await
        .write(&folder.0)
        .unwrap();
    let removed = report(artifacts_of(metrics(), before).await.check(&folder.0));
    assert!(
        removed.contains(
            "- | handler=`/shelf/{id}/books`, method=`DELETE` | 99.5 % within 0.05 s |\n"
        ),
        "{removed}"
    );
}

#[actix_web::test]
async fn files_edited_by_hand_are_reported() {
    let folder = Folder::new();
    let generated = artifacts_of(metrics(), before).await;
    generated.write(&folder.0).unwrap();
    let catalogue = folder.read("catalogue.md");
    fs::write(
        folder.0.join("catalogue.md"),
        catalogue.replace("99.9 %", "99.0 %"),
    )
    .unwrap();
    let edited = report(generated.check(&folder.0));
    assert!(edited.contains("- | handler=`/shelf/{id}`, method=`GET` | 99.0 % available |\n"));
    assert!(edited.contains("+ | handler=`/shelf/{id}`, method=`GET` | 99.9 % available |\n"));
    assert!(!edited.contains("catalogue.json"), "{edited}");

    fs::write(
        folder.0.join("catalogue.md"),
        catalogue.replace('\n', "\r\n"),
    )
    .unwrap();
    let ends = report(generated.check(&folder.0));
    assert!(
        ends.ends_with("catalogue.md differs in the ends of its lines\n"),
        "{ends}"
    );
}

#[actix_web::test]
async fn the_app_needs_no_endpoint_and_the_process_wide_metrics_are_the_default() {
    let folder = Folder::new();
    // The endpoint is on another port.
    let app = App::new().configure(before).wrap(CatchAll);
    artifacts(&init_service(app).await)
        .await
        .unwrap()
        .write(&folder.0)
        .unwrap();
    assert!(folder.read("catalogue.json").contains("\"/shelf/{id}\""));
}

async fn refuse(
    _req: ServiceRequest,
    _next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    Err::<ServiceResponse, _>(ErrorUnauthorized("who is it?"))
}

#[actix_web::test]
async fn failures_say_why() {
    let off = metrics_with(|config| config.enabled(false));
    let app = init_service(App::new().app_data(off).configure(before)).await;
    assert!(matches!(
        artifacts(&app).await,
        Err(ArtifactsError::Disabled)
    ));

    let app = App::new()
        .app_data(metrics())
        .configure(before)
        .wrap(from_fn(refuse));
    let error = artifacts(&init_service(app).await).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the routes of the app cannot be read: who is it?"
    );

    let folder = Folder::new();
    fs::write(&folder.0, "a file").unwrap();
    let error = artifacts_of(metrics(), before)
        .await
        .write(&folder.0)
        .unwrap_err();
    assert!(matches!(error, ArtifactsError::File(..)), "{error}");
    assert!(
        error
            .to_string()
            .starts_with(&folder.0.display().to_string()),
        "{error}"
    );
    fs::remove_file(&folder.0).unwrap();
}

#[allow(
    unreachable_pub,
    reason = "a module of metrics reads as users write it"
)]
mod business {
    use metrics_runtime::{LabelValue, instrument_task, metrics};

    #[derive(LabelValue, Clone, Copy)]
    pub(super) enum Size {
        Small,
        Large,
    }

    #[metrics(prefix = "artifact")]
    pub(super) mod shelf {
        use super::Size;

        /// Books lent.
        pub fn lent_total(size: Size, member: bool) -> Counter;
        /// Seconds until a book is back.
        #[metric(buckets = [60.0, 3600.0])]
        pub fn lent_seconds(size: Size, member: bool) -> Histogram;
        /// Pages of a book.
        pub fn pages(size: Size) -> Summary;
        /// Free places.
        pub fn free_places(size: Size) -> Gauge;
        /// Read by a function.
        pub fn warmth_celsius() -> Gauge;
        /// What runs.
        pub fn build_info(version: &'static str, commit: &'static str) -> Info;
    }

    #[instrument_task(task = "artifact_task", every = 60.0, slo(availability = 99.5))]
    pub(super) fn fail<E>(error: Option<E>) -> Result<(), E> {
        error.map_or(Ok(()), Err)
    }
}

#[instrument_handler(slo(availability = 99))]
#[put("/shelf/{id}")]
async fn put_shelf(id: web::Path<u32>) -> String {
    id.to_string()
}

fn both_verbs(config: &mut web::ServiceConfig) {
    config.configure(after).service(put_shelf);
}

/// The artifacts of the process-wide metrics.
async fn process_wide() -> Artifacts {
    let app = init_service(App::new().configure(both_verbs).wrap(CatchAll)).await;
    artifacts(&app).await.expect("there are routes")
}

/// How many series a catalogue lists of a family.
fn series_of(catalogue: &str, family: &str) -> Option<u32> {
    let row = format!("| `{family}` | ");
    let found = catalogue.lines().find_map(|line| line.strip_prefix(&row))?;
    found
        .split(" | ")
        .nth(1)?
        .trim_end_matches(" |")
        .parse()
        .ok()
}

#[actix_web::test]
async fn every_series_that_the_code_declares_is_listed_used_or_not() {
    thread_local! {
        static IS_READ: Cell<bool> = const { Cell::new(false) };
    }
    let folder = Folder::new();
    process_wide().await.write(&folder.0).unwrap();
    let catalogue = folder.read("catalogue.md");
    for (family, expected) in [
        ("artifact_lent_total", 4),
        ("artifact_lent_seconds", 4 * 5),
        ("artifact_pages", 2 * 2),
        ("artifact_free_places", 2),
        ("artifact_warmth_celsius", 1),
        ("artifact_build_info", 1),
        ("task_runs_total", 4),
        ("task_errors_total", 0),
        ("task_last_success_timestamp_seconds", 1),
        ("task_slo_objective_ratio", 1),
    ] {
        assert_eq!(series_of(&catalogue, family), Some(expected), "{family}");
    }
    for line in [
        "- `size`: `large`, `small`",
        "- `version`: set by the program",
        "| task=`artifact_task` | 99.5 % available |",
        // Two verbs on one path.
        "| handler=`/shelf/{id}`, method=`GET` | 99.9 % available |",
        "| handler=`/shelf/{id}`, method=`PUT` | 99 % available |",
    ] {
        assert!(
            catalogue.lines().any(|found| found == line),
            "{line}\nin\n{catalogue}"
        );
    }

    let app = App::new().configure(both_verbs).wrap(CatchAll);
    let app = init_service(app).await;
    call_service(&app, TestRequest::put().uri("/shelf/1").to_request()).await;
    business::shelf::lent_total(business::Size::Large, true).inc();
    business::shelf::lent_seconds(business::Size::Large, true).observe(7.0);
    business::shelf::pages(business::Size::Small).observe(300.0);
    business::shelf::free_places(business::Size::Large).set(4.0);
    business::shelf::warmth_celsius().read_by(|| {
        IS_READ.set(true);
        20.0
    });
    business::shelf::build_info("1.2.3", "0f1e2d3").set();
    assert!(business::fail(Some("refused")).is_err());
    assert!(business::fail(Some(7)).is_err());
    assert!(business::fail::<()>(None).is_ok());
    process_wide().await.check(&folder.0).unwrap();
    assert!(!IS_READ.get(), "a catalogue has no values to read");
}

#[actix_web::test]
async fn a_dashboard_keeps_its_uid() {
    let uid_of = async |namespace: &str| {
        let folder = Folder::new();
        let metrics = metrics_with(|config| config.namespace(namespace));
        artifacts_of(metrics, before)
            .await
            .write(&folder.0)
            .unwrap();
        let dashboard = folder.read("dashboard.json");
        let uid = dashboard
            .lines()
            .find_map(|line| line.strip_prefix("  \"uid\": \""));
        uid.and_then(|uid| uid.strip_suffix("\","))
            .map(str::to_owned)
    };
    assert_eq!(uid_of("").await.as_deref(), Some("generated"));
    assert_eq!(uid_of("shop").await.as_deref(), Some("generated-shop"));
    let long = uid_of(&"a".repeat(60)).await.expect("a uid");
    assert_eq!(long.len(), 40, "{long}");
}
