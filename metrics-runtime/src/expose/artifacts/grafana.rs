//! The parts of a Grafana dashboard: panels in rows, variables, and the selectors that use them.

use super::json::{Json, list};
use crate::label;

const HEIGHT: usize = 7;
const PANEL_WIDTH: usize = 8;
const WIDTH: usize = 24;

/// The labels that Prometheus or its operator adds, each a variable of the dashboard.
const VARIABLES: [(&str, &str); 4] = [
    ("cluster", "Cluster"),
    ("namespace", "Namespace"),
    ("job", "Job"),
    ("instance", "Instance"),
];

/// An interval that has enough scrapes for a rate.
pub(super) const INTERVAL: &str = "$__rate_interval";

/// Panels in rows, one below the other.
#[derive(Default)]
pub(super) struct Layout {
    panels: Vec<Json>,
    y: usize,
}

impl Layout {
    pub(super) fn row(&mut self, title: &str, panels: impl Iterator<Item = Panel>) {
        let mut panels = panels.peekable();
        if panels.peek().is_none() {
            return;
        }
        let head = vec![
            ("type", "row".into()),
            ("title", title.into()),
            ("collapsed", false.into()),
            ("panels", Json::List(Vec::new())),
        ];
        self.place(head, 0, WIDTH, 1);
        self.y += 1;
        let mut x = 0;
        for panel in panels {
            if x == WIDTH {
                x = 0;
                self.y += HEIGHT;
            }
            self.place(panel.fields(), x, PANEL_WIDTH, HEIGHT);
            x += PANEL_WIDTH;
        }
        self.y += HEIGHT;
    }

    /// The whole dashboard. Every instance shows a sample of the family, which lists the values of the variables.
    pub(super) fn dashboard(self, uid: &str, title: &str, family: &str) -> String {
        Json::Object(vec![
            ("uid", uid.into()),
            ("title", title.into()),
            (
                "description",
                "Generated from the code of the service.".into(),
            ),
            ("tags", list(["actix-web", "generated"])),
            ("editable", true.into()),
            ("graphTooltip", 1_usize.into()),
            ("schemaVersion", 38_usize.into()),
            ("timezone", "browser".into()),
            ("refresh", "30s".into()),
            (
                "time",
                Json::Object(vec![("from", "now-6h".into()), ("to", "now".into())]),
            ),
            (
                "templating",
                Json::Object(vec![("list", Json::List(variables(family)))]),
            ),
            ("panels", Json::List(self.panels)),
        ])
        .print()
    }

    fn place(&mut self, mut fields: Vec<(&'static str, Json)>, x: usize, w: usize, h: usize) {
        fields.push(("id", (self.panels.len() + 1).into()));
        fields.push((
            "gridPos",
            Json::Object(vec![
                ("x", x.into()),
                ("y", self.y.into()),
                ("w", w.into()),
                ("h", h.into()),
            ]),
        ));
        self.panels.push(Json::Object(fields));
    }
}

pub(super) struct Panel {
    pub(super) title: String,
    pub(super) description: String,
    pub(super) unit: &'static str,
    /// Queries and what they are called in the legend.
    pub(super) targets: Vec<(String, String)>,
    /// Lines to draw, with their colours.
    pub(super) thresholds: &'static [(f64, &'static str)],
    /// Whether no value is below 0.
    pub(super) is_positive: bool,
    pub(super) is_table: bool,
}

impl Panel {
    fn fields(self) -> Vec<(&'static str, Json)> {
        let targets = self
            .targets
            .into_iter()
            .zip('A'..)
            .map(|((query, legend), name)| {
                let mut fields = vec![
                    ("refId", name.to_string().into()),
                    ("datasource", datasource()),
                    ("expr", query.into()),
                    ("legendFormat", legend.into()),
                    ("range", (!self.is_table).into()),
                    ("instant", self.is_table.into()),
                    ("editorMode", "code".into()),
                ];
                if self.is_table {
                    fields.push(("format", "table".into()));
                }
                Json::Object(fields)
            });
        let mut defaults = vec![("unit", self.unit.into())];
        if self.is_positive {
            defaults.push(("min", 0_usize.into()));
        }
        if !self.thresholds.is_empty() {
            let steps = self.thresholds.iter().map(|(value, color)| {
                let value = Some(*value).filter(|value| *value > 0.0);
                Json::Object(vec![("color", (*color).into()), ("value", value.into())])
            });
            let style = Json::Object(vec![("mode", "line".into())]);
            defaults.push(("custom", Json::Object(vec![("thresholdsStyle", style)])));
            let thresholds = vec![("mode", "absolute".into()), ("steps", list(steps))];
            defaults.push(("thresholds", Json::Object(thresholds)));
        }
        let kind = if self.is_table { "table" } else { "timeseries" };
        vec![
            ("type", kind.into()),
            ("title", self.title.into()),
            ("description", self.description.into()),
            ("datasource", datasource()),
            ("targets", list(targets)),
            (
                "fieldConfig",
                Json::Object(vec![
                    ("defaults", Json::Object(defaults)),
                    ("overrides", Json::List(Vec::new())),
                ]),
            ),
            ("options", Json::Object(Vec::new())),
        ]
    }
}

fn datasource() -> Json {
    Json::Object(vec![
        ("type", "prometheus".into()),
        ("uid", "${datasource}".into()),
    ])
}

fn variables(family: &str) -> Vec<Json> {
    let mut variables = vec![Json::Object(vec![
        ("type", "datasource".into()),
        ("name", "datasource".into()),
        ("label", "Data source".into()),
        ("query", "prometheus".into()),
    ])];
    for (index, (name, title)) in VARIABLES.into_iter().enumerate() {
        let chosen = VARIABLES[..index].iter().map(selected).collect::<Vec<_>>();
        let query = format!("label_values({family}{{{}}}, {name})", chosen.join(", "));
        let query = vec![("query", query.into()), ("refId", "Variable".into())];
        variables.push(Json::Object(vec![
            ("type", "query".into()),
            ("name", name.into()),
            ("label", title.into()),
            ("datasource", datasource()),
            ("query", Json::Object(query)),
            ("refresh", 2_usize.into()),
            ("sort", 1_usize.into()),
            ("multi", true.into()),
            ("includeAll", true.into()),
            ("allValue", ".*".into()),
            (
                "current",
                Json::Object(vec![
                    ("text", "All".into()),
                    ("value", "$__all".into()),
                    ("selected", true.into()),
                ]),
            ),
        ]));
    }
    variables
}

fn selected((variable, _): &(&str, &str)) -> String {
    format!("{variable}=~\"${variable}\"")
}

/// `name{cluster=~"$cluster", .., handler="/x"}`.
pub(super) fn select<'a>(
    name: &str,
    labels: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> String {
    let mut matchers: Vec<_> = VARIABLES.iter().map(selected).collect();
    for (label, value) in labels {
        let mut matcher = String::new();
        label::push_pair(&mut matcher, label, value);
        matchers.push(matcher);
    }
    format!("{name}{{{}}}", matchers.join(", "))
}
