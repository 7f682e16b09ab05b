//! Holds the names of our families in a registry.

use prometheus::Registry;

use super::{Bridge, Source, custom_registry};
use crate::{config::Config, error::InitError};

/// Our names in a registry. Dropped before it is complete, it takes them out again.
pub(crate) struct Registration<S: Source + Sync + 'static> {
    registry: Registry,
    /// `None` once it is complete.
    collector: Option<Bridge<S>>,
    #[cfg(all(feature = "process", target_os = "linux"))]
    process: bool,
}

impl<S: Source + Sync> Registration<S> {
    /// Registers the names, and the process's metrics beside process-wide ones.
    ///
    /// # Errors
    /// As `Metrics::new`. The registry is then as it was, but for what it remembers of names: the `prometheus` crate does
    /// not forget the labels and the help text of one.
    pub(crate) fn new(
        registry: &Registry,
        names: Vec<String>,
        config: &Config,
        process_wide: bool,
    ) -> Result<Self, InitError> {
        if config.registry.is_some()
            && custom_registry::adds_prefix_or_labels(registry).map_err(InitError::Registry)?
        {
            return Err(InitError::CustomRegistry);
        }
        let collector = Bridge::new(names, &config.custom_labels).map_err(InitError::Registry)?;
        registry
            .register(Box::new(collector.clone()))
            .map_err(InitError::Registry)?;
        let registration = Self {
            registry: registry.clone(),
            collector: Some(collector),
            #[cfg(all(feature = "process", target_os = "linux"))]
            process: false,
        };
        if process_wide {
            registration.with_process()
        } else {
            Ok(registration)
        }
    }

    #[cfg(all(feature = "process", target_os = "linux"))]
    fn with_process(mut self) -> Result<Self, InitError> {
        match self.registry.register(process_collector()) {
            Ok(()) => self.process = true,
            // The crate's default registry brings the collector along.
            Err(prometheus::Error::AlreadyReg) => {}
            Err(error) => return Err(InitError::Registry(error)),
        }
        Ok(self)
    }

    #[cfg(not(all(feature = "process", target_os = "linux")))]
    #[expect(clippy::unnecessary_wraps, reason = "not with the feature `process`")]
    fn with_process(self) -> Result<Self, InitError> {
        Ok(self)
    }

    /// The registry gathers the source from now on.
    pub(crate) fn complete(mut self, source: &'static S) {
        if let Some(collector) = self.collector.take() {
            collector.collect_from(source);
        }
    }
}

impl<S: Source + Sync> Drop for Registration<S> {
    fn drop(&mut self) {
        let Some(collector) = self.collector.take() else {
            return;
        };
        // It can fail only where somebody else took them out already.
        let _ = self.registry.unregister(Box::new(collector));
        #[cfg(all(feature = "process", target_os = "linux"))]
        if self.process {
            let _ = self.registry.unregister(process_collector());
        }
    }
}

#[cfg(all(feature = "process", target_os = "linux"))]
fn process_collector() -> Box<dyn prometheus::core::Collector> {
    Box::new(prometheus::process_collector::ProcessCollector::for_self())
}
