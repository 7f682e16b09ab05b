//! What a pusher is made of, and the URL of its group.

use std::{fmt, sync::Arc, time::Duration};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use ureq::http::{Uri, uri::Scheme};

use super::{Pusher, client::Client};
use crate::{error::ConfigError, label};

const TIMEOUT: Duration = Duration::from_secs(10);

/// Settings of a [`Pusher`].
///
/// ```
/// use std::time::Duration;
///
/// use metrics_runtime::Pusher;
///
/// let pusher = Pusher::builder("http://pushgateway:9091")
///     .job("import")
///     .grouping("directory", "/var/spool/orders")
///     .basic_auth("import", "secret")
///     .timeout(Duration::from_secs(5))
///     .build()?;
/// # Ok::<(), metrics_runtime::ConfigError>(())
/// ```
#[derive(Clone)]
#[must_use = "`build` makes the pusher"]
pub struct PusherBuilder {
    url: String,
    job: String,
    grouping: Vec<(String, String)>,
    auth: Option<(String, String)>,
    timeout: Duration,
}

impl PusherBuilder {
    pub(super) fn new(url: String) -> Self {
        Self {
            url,
            job: String::new(),
            grouping: Vec::new(),
            auth: None,
            timeout: TIMEOUT,
        }
    }

    /// The `job` label of the group. It must be given.
    pub fn job(mut self, job: impl Into<String>) -> Self {
        self.job = job.into();
        self
    }

    /// One more label of the group, with any text as its value: programs that push at the same time need a group each.
    pub fn grouping(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.grouping.push((name.into(), value.into()));
        self
    }

    /// Credentials, which go into a header; nothing prints the password.
    pub fn basic_auth(mut self, user: impl Into<String>, password: impl Into<String>) -> Self {
        self.auth = Some((user.into(), password.into()));
        self
    }

    /// How long one attempt may take, from the look-up of the name to the last byte of the answer: 10 seconds if it is not
    /// set.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Makes the pusher. Nothing is sent.
    ///
    /// # Errors
    /// If the URL is none of a gateway, no job is given, a label's name is illegal or given twice, or the timeout is zero.
    pub fn build(self) -> Result<Pusher, ConfigError> {
        let base = self.check_url()?;
        if self.job.is_empty() {
            let reason = "the gateway needs one; call `job`";
            return Err(ConfigError::new("job", self.job, reason));
        }
        if self.timeout.is_zero() {
            let reason = "no request takes no time";
            return Err(ConfigError::new("timeout", "0", reason));
        }
        self.check_grouping()?;
        let mut url = format!("{base}/metrics");
        push_label(&mut url, "job", &self.job);
        for (name, value) in &self.grouping {
            push_label(&mut url, name, value);
        }
        let names = self.grouping.into_iter().map(|(name, _)| name);
        let labels = std::iter::once("job".to_owned()).chain(names).collect();
        let client = Client::new(url, labels, self.auth.as_ref(), self.timeout);
        Ok(Pusher(Arc::new(client)))
    }

    fn check_url(&self) -> Result<&str, ConfigError> {
        let fault = |reason: &str| {
            // A password in it is not printed.
            let shown = self
                .url
                .rsplit_once('@')
                .map_or(&*self.url, |(_, host)| host);
            ConfigError::new("url", shown, reason)
        };
        let uri: Uri = self
            .url
            .parse()
            .map_err(|error: ureq::http::uri::InvalidUri| fault(&error.to_string()))?;
        if uri.scheme() != Some(&Scheme::HTTP) && uri.scheme() != Some(&Scheme::HTTPS) {
            return Err(fault("write it with `http://` or `https://`"));
        }
        if uri
            .authority()
            .is_some_and(|authority| authority.as_str().contains('@'))
        {
            return Err(fault("credentials go into `basic_auth`"));
        }
        if uri.query().is_some() || self.url.contains('#') {
            return Err(fault("the URL of a gateway has no query and no fragment"));
        }
        let base = self.url.trim_end_matches('/');
        if base.contains("/metrics/job") || base.ends_with("/metrics") {
            return Err(fault(
                "leave `/metrics` out; it is added with the job and the grouping",
            ));
        }
        Ok(base)
    }

    fn check_grouping(&self) -> Result<(), ConfigError> {
        for (index, (name, value)) in self.grouping.iter().enumerate() {
            let is_repeated = self.grouping[..index]
                .iter()
                .any(|(known, _)| known == name);
            let fault = label::name_fault(name)
                .or_else(|| (name == "job").then(|| "`job` has a method of its own".to_owned()))
                .or_else(|| is_repeated.then(|| format!("`{name}` is given twice")));
            if let Some(reason) = fault {
                return Err(ConfigError::new(
                    "grouping",
                    format!("{name}={value}"),
                    reason,
                ));
            }
        }
        Ok(())
    }
}

/// Appends `/name/value`, in base64 where the value is no segment of a path.
fn push_label(url: &mut String, name: &str, value: &str) {
    const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC
        .remove(b'-')
        .remove(b'.')
        .remove(b'_')
        .remove(b'~');
    let text = if value.contains('/') || matches!(value, "." | "..") {
        format!("/{name}@base64/{}", URL_SAFE_NO_PAD.encode(value))
    } else if value.is_empty() {
        // Padding alone stands for nothing, where no segment at all would be another path.
        format!("/{name}@base64/=")
    } else {
        format!("/{name}/{}", utf8_percent_encode(value, UNRESERVED))
    };
    url.push_str(&text);
}

impl fmt::Debug for PusherBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PusherBuilder")
            .field("job", &self.job)
            .field("grouping", &self.grouping)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(builder: PusherBuilder) -> String {
        builder.build().expect("it is valid").0.url().to_owned()
    }

    #[test]
    fn values_are_segments_of_the_path() {
        let builder = Pusher::builder("http://gateway:9091/prefix/")
            .job("a b/c")
            .grouping("shard", "1")
            .grouping("instance", "")
            .grouping("text", "ä%?#")
            .grouping("dots", "..");
        assert_eq!(
            url(builder),
            "http://gateway:9091/prefix/metrics/job@base64/YSBiL2M/shard/1/instance@base64/=/text/%C3%A4%25%3F%23/dots@base64/Li4"
        );
    }

    #[test]
    fn what_cannot_be_used_is_told() {
        let build = |url: &str| Pusher::builder(url).job("job").build();
        for (url, value, reason) in [
            (
                "gateway:9091",
                "gateway:9091",
                "write it with `http://` or `https://`",
            ),
            (
                "ftp://gateway",
                "ftp://gateway",
                "write it with `http://` or `https://`",
            ),
            (
                "http://me:secret@gateway",
                "gateway",
                "credentials go into `basic_auth`",
            ),
            (
                "http://gateway/?a=b",
                "http://gateway/?a=b",
                "the URL of a gateway has no query and no fragment",
            ),
            (
                "http://gateway/metrics",
                "http://gateway/metrics",
                "leave `/metrics` out; it is added with the job and the grouping",
            ),
            (
                "http://gate way",
                "http://gate way",
                "invalid uri character",
            ),
            ("", "", "empty string"),
        ] {
            let error = build(url).unwrap_err();
            assert_eq!((error.value(), error.reason()), (value, reason));
        }
        let builder = || Pusher::builder("http://gateway").job("job");
        for (builder, reason) in [
            (
                Pusher::builder("http://gateway"),
                "the gateway needs one; call `job`",
            ),
            (
                builder().grouping("job", "x"),
                "`job` has a method of its own",
            ),
            (
                builder().grouping("a", "x").grouping("a", "y"),
                "`a` is given twice",
            ),
            (
                builder().timeout(Duration::ZERO),
                "no request takes no time",
            ),
        ] {
            assert_eq!(builder.build().unwrap_err().reason(), reason);
        }
        assert!(builder().grouping("9", "x").build().is_err());
    }

    #[test]
    fn no_password_is_printed() {
        let builder = Pusher::builder("http://gateway")
            .job("job")
            .basic_auth("me", "secret");
        let pusher = builder.clone().build().expect("it is valid");
        assert!(!format!("{builder:?} {pusher:?}").contains("secret"));
    }
}
