//! Registries that change what they gather.

use std::{
    cell::Cell,
    collections::HashMap,
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
};

use prometheus::{
    Registry,
    core::{Collector, Desc},
    proto::{Gauge, Metric, MetricFamily, MetricType},
};

thread_local! {
    static PROBING: Cell<bool> = const { Cell::new(false) };
}

/// Whether the registry adds a prefix or labels to what it gathers, as `Registry::new_custom` makes them.
///
/// A registry has no getter for either, but a metric that it gathers shows both. Every collector in it is gathered once.
///
/// # Errors
/// If the registry does not accept the metric.
pub(super) fn adds_prefix_or_labels(registry: &Registry) -> prometheus::Result<bool> {
    static PROBES: AtomicUsize = AtomicUsize::new(0);
    let name = format!("metrics_runtime_probe_{}", PROBES.fetch_add(1, Relaxed));
    let probe = Probe(Desc::new(
        name.clone(),
        "Gathered once, at start.".to_owned(),
        Vec::new(),
        HashMap::new(),
    )?);
    registry.register(Box::new(probe.clone()))?;
    PROBING.set(true);
    let gathered = registry.gather();
    PROBING.set(false);
    registry.unregister(Box::new(probe))?;
    let unchanged = gathered
        .iter()
        .any(|family| family.name() == name && family.get_metric()[0].get_label().is_empty());
    Ok(!unchanged)
}

/// Shows one metric, to the thread that probes.
#[derive(Clone)]
struct Probe(Desc);

impl Collector for Probe {
    fn desc(&self) -> Vec<&Desc> {
        vec![&self.0]
    }

    fn collect(&self) -> Vec<MetricFamily> {
        if !PROBING.get() {
            return Vec::new();
        }
        let mut metric = Metric::from_label(Vec::new());
        metric.set_gauge(Gauge::default());
        let mut family = MetricFamily::default();
        family.set_name(self.0.fq_name.clone());
        family.set_field_type(MetricType::GAUGE);
        family.mut_metric().push(metric);
        vec![family]
    }
}
