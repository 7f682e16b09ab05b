//! Requests to the gateway, with a bounded number of attempts.

use std::{fmt, thread, time::Duration};

use base64::{Engine, engine::general_purpose::STANDARD};
use ureq::{
    Agent, Error,
    http::{Request, StatusCode, header},
};

use super::{Method, PushError};

/// The pauses between the attempts.
const PAUSES: [Duration; 2] = [Duration::from_millis(200), Duration::from_millis(800)];

/// So much of an answer is read for the error's text.
const REASON_LIMIT: u64 = 4096;

pub(super) struct Client {
    agent: Agent,
    /// Of the group.
    url: String,
    /// Names of the group's labels, `job` among them.
    labels: Vec<String>,
    authorization: Option<String>,
}

impl Client {
    pub(super) fn new(
        url: String,
        labels: Vec<String>,
        auth: Option<&(String, String)>,
        timeout: Duration,
    ) -> Self {
        let config = Agent::config_builder()
            .timeout_global(Some(timeout))
            .http_status_as_error(false)
            // A redirected request would lose its body.
            .max_redirects(0)
            // Pushes are seconds apart at least.
            .max_idle_connections(0)
            .user_agent(concat!("metrics-runtime/", env!("CARGO_PKG_VERSION")))
            .build();
        let authorization = auth.map(|(user, password)| {
            format!("Basic {}", STANDARD.encode(format!("{user}:{password}")))
        });
        Self {
            agent: config.into(),
            url,
            labels,
            authorization,
        }
    }

    #[cfg(test)]
    pub(super) fn url(&self) -> &str {
        &self.url
    }

    pub(super) fn labels(&self) -> impl Iterator<Item = &str> + Clone {
        self.labels.iter().map(String::as_str)
    }

    /// Sends a request, again where the network fails or the gateway does.
    pub(super) fn send(&self, method: Method, text: &str) -> Result<(), PushError> {
        let mut pauses = PAUSES.iter();
        let mut attempts = 0;
        loop {
            attempts += 1;
            let (error, is_lasting) = match self.try_once(method, text) {
                Ok((status, _)) if status.is_success() => return Ok(()),
                Ok((status, reason)) => (
                    PushError::Refused {
                        url: self.url.clone(),
                        status: status.as_u16(),
                        reason,
                        attempts,
                    },
                    !status.is_server_error(),
                ),
                Err(error) => {
                    let is_lasting = !is_of_the_network(&error);
                    let error = PushError::Unreachable {
                        url: self.url.clone(),
                        attempts,
                        source: error.into(),
                    };
                    (error, is_lasting)
                }
            };
            match pauses.next() {
                Some(pause) if !is_lasting => thread::sleep(*pause),
                _ => return Err(error),
            }
        }
    }

    /// The status of the answer, and what it says unless that is success.
    fn try_once(&self, method: Method, text: &str) -> Result<(StatusCode, String), Error> {
        let request = Request::builder().method(method.name()).uri(&self.url);
        let request = match &self.authorization {
            Some(authorization) => request.header(header::AUTHORIZATION, authorization),
            None => request,
        };
        let mut response = match method {
            Method::Delete => self.agent.run(request.body(())?)?,
            Method::Put | Method::Post => {
                let content_type = crate::expose::Format::Text.content_type();
                let request = request.header(header::CONTENT_TYPE, content_type);
                self.agent.run(request.body(text)?)?
            }
        };
        let status = response.status();
        let reason = if status.is_success() {
            String::new()
        } else {
            let body = response.body_mut().with_config().limit(REASON_LIMIT);
            // The status matters more than a body that is too long or breaks off.
            body.read_to_string().unwrap_or_default().trim().to_owned()
        };
        Ok((status, reason))
    }
}

/// Whether another attempt may succeed.
fn is_of_the_network(error: &Error) -> bool {
    matches!(
        error,
        Error::Io(_)
            | Error::Timeout(_)
            | Error::HostNotFound
            | Error::ConnectionFailed
            | Error::Protocol(_)
    )
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("url", &self.url)
            .finish_non_exhaustive()
    }
}
