//! Artifacts of an `App`: its routes name the handlers that have no literal label.

use std::fmt::Display;

use actix_http::{Request, Uri};
use actix_web::dev::{Service, ServiceResponse};

use super::{metrics_of, routes};
use crate::{
    expose::{Artifacts, ArtifactsError},
    instance,
};

/// Describes an `App`: a catalogue of its metrics and a Grafana dashboard, to be kept beside the code and checked by a test.
///
/// `app` is a service as [`actix_web::test::init_service`] makes it. It gets one internal `GET` of the metrics endpoint, of
/// which only the routes are used. Described are the metrics that the `App` brings in its `app_data`, or else the
/// process-wide ones: their handlers with a known label, objectives and all families of this crate, with every series that
/// the code declares, whether it was used or not. The values of [`label_values!`](crate::label_values) are those set so far.
/// Metrics made with the `prometheus` crate are left out: which of their series exist is known only when they are counted.
///
/// Call it in a test that has the program's configuration: what the configuration adds (prefix, constant labels, default
/// objectives) is described too, so set in code what must not depend on the environment of the test.
///
/// # Errors
/// See [`ArtifactsError`].
///
/// ```
/// use actix_web::{App, get, test};
/// use metrics_runtime::{Config, Metrics, artifacts, instrument_handler};
///
/// #[instrument_handler(slo(availability = 99.9))]
/// #[get("/hello")]
/// async fn hello() -> &'static str {
///     "hello"
/// }
///
/// # actix_web::rt::System::new().block_on(async {
/// let metrics = Metrics::new(Config::builder().build()?)?;
/// let app = test::init_service(App::new().app_data(metrics).service(hello)).await;
/// let artifacts = artifacts(&app).await?;
///
/// let folder = std::env::temp_dir().join(format!("artifacts-{}", std::process::id()));
/// artifacts.write(&folder)?;
/// artifacts.check(&folder)?;
/// # std::fs::remove_dir_all(&folder)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// ```
pub async fn artifacts<S, B>(app: &S) -> Result<Artifacts, ArtifactsError>
where
    S: Service<Request, Response = ServiceResponse<B>>,
    S::Error: Display,
{
    let global = instance::global_if_initialized();
    let endpoint = global.map_or("/metrics", |metrics| &*metrics.config().endpoint);
    let mut request = Request::new();
    request.head_mut().uri = Uri::try_from(endpoint).unwrap_or_default();
    let answered = app.call(request).await;
    let response = answered.map_err(|error| ArtifactsError::App(error.to_string()))?;
    let metrics = metrics_of(response.request());
    if !metrics.config().enabled {
        instance::global()?;
        return Err(ArtifactsError::Disabled);
    }
    routes::preregister(response.request());
    Ok(Artifacts::new(metrics.0.catalogue()))
}
