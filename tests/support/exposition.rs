//! A strict parser of what `/metrics` returns: the text format 0.0.4 and OpenMetrics 1.0.0.
//!
//! It refuses what a lenient scraper lets pass: a series or a family that comes twice, samples without metadata or
//! apart from their family, histograms that do not add up. The unit tests of `metrics-runtime` include this file, so it
//! uses nothing but the standard library.

use std::collections::{BTreeMap, BTreeSet};

/// Labels by name, their values unescaped.
pub type Labels = BTreeMap<String, String>;

/// A whole response.
#[derive(Debug, Clone, Default)]
pub struct Document {
    /// The families in their order.
    pub families: Vec<Family>,
}

/// Metadata and the samples below it.
#[derive(Debug, Clone, Default)]
pub struct Family {
    /// The name in the metadata: in OpenMetrics a counter's has no `_total`.
    pub name: String,
    /// The type.
    pub kind: String,
    /// The help text, unescaped.
    pub help: Option<String>,
    /// The unit, in OpenMetrics.
    pub unit: Option<String>,
    /// The samples in their order.
    pub samples: Vec<Sample>,
}

/// One line with a value.
#[derive(Debug, Clone)]
pub struct Sample {
    /// Name and labels as written.
    pub series: String,
    /// The name, with its suffix.
    pub name: String,
    /// The labels.
    pub labels: Labels,
    /// The value.
    pub value: f64,
    /// The timestamp as written: milliseconds in the text format, seconds in OpenMetrics.
    pub timestamp: Option<f64>,
    /// The exemplar, in OpenMetrics.
    pub exemplar: Option<Exemplar>,
}

/// What may follow a bucket or a counter in OpenMetrics.
#[derive(Debug, Clone, PartialEq)]
pub struct Exemplar {
    /// The labels.
    pub labels: Labels,
    /// The observed value.
    pub value: f64,
    /// Seconds since 1970.
    pub timestamp: Option<f64>,
}

impl Document {
    /// Parses OpenMetrics if the last line is `# EOF`, else the text format.
    ///
    /// # Errors
    /// If the text breaks a rule of its format; the error names the line.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.ends_with("# EOF\n") {
            Self::parse_openmetrics(text)
        } else {
            Self::parse_text(text)
        }
    }

    /// Parses the text format 0.0.4.
    ///
    /// # Errors
    /// If the text breaks a rule of the format; the error names the line.
    pub fn parse_text(text: &str) -> Result<Self, String> {
        Parser::default().parse(text)
    }

    /// Parses OpenMetrics 1.0.0.
    ///
    /// # Errors
    /// If the text breaks a rule of the format; the error names the line.
    pub fn parse_openmetrics(text: &str) -> Result<Self, String> {
        let body = text
            .strip_suffix("# EOF\n")
            .ok_or("no `# EOF` at the end")?;
        let parser = Parser {
            openmetrics: true,
            ..Parser::default()
        };
        parser.parse(body)
    }

    /// The family of this name.
    #[must_use]
    pub fn family(&self, name: &str) -> Option<&Family> {
        self.families.iter().find(|family| family.name == name)
    }

    /// Every sample of every family.
    pub fn samples(&self) -> impl Iterator<Item = &Sample> {
        self.families.iter().flat_map(|family| &family.samples)
    }

    /// The value of the series with this name and exactly these labels.
    #[must_use]
    pub fn value(&self, name: &str, labels: &Labels) -> Option<f64> {
        self.samples()
            .find(|sample| sample.name == name && sample.labels == *labels)
            .map(|sample| sample.value)
    }
}

#[derive(Default)]
struct Parser {
    openmetrics: bool,
    document: Document,
    families: BTreeSet<String>,
    series: BTreeSet<(String, Labels)>,
}

impl Parser {
    fn parse(mut self, text: &str) -> Result<Document, String> {
        if !text.is_empty() && !text.ends_with('\n') {
            return Err("the last line has no end".to_owned());
        }
        for (line, number) in text.split_terminator('\n').zip(1..) {
            self.line(line)
                .map_err(|fault| format!("line {number}: {fault}: `{line}`"))?;
        }
        for family in &self.document.families {
            family
                .check()
                .map_err(|fault| format!("`{}`: {fault}", family.name))?;
        }
        Ok(self.document)
    }

    fn line(&mut self, line: &str) -> Result<(), String> {
        let Some(comment) = line.strip_prefix("# ") else {
            return self.sample(line);
        };
        let (keyword, rest) = comment.split_once(' ').ok_or("a comment")?;
        let (name, text) = rest.split_once(' ').ok_or("metadata without a text")?;
        check_name(name, true)?;
        let openmetrics = self.openmetrics;
        let family = self.metadata(name)?;
        match keyword {
            "HELP" => {
                let help = unescape(text, openmetrics)?;
                refuse_second(family.help.replace(help).is_none())
            }
            "TYPE" => {
                let known: &[&str] = if openmetrics {
                    &[
                        "counter",
                        "gauge",
                        "histogram",
                        "summary",
                        "unknown",
                        "info",
                        "stateset",
                    ]
                } else {
                    &["counter", "gauge", "histogram", "summary", "untyped"]
                };
                if !known.contains(&text) {
                    return Err("an unknown type".to_owned());
                }
                refuse_second(std::mem::replace(&mut family.kind, text.to_owned()).is_empty())
            }
            "UNIT" if openmetrics => {
                if name
                    .strip_suffix(text)
                    .is_none_or(|name| !name.ends_with('_'))
                {
                    return Err("the name does not end in the unit".to_owned());
                }
                refuse_second(family.unit.replace(text.to_owned()).is_none())
            }
            _ => Err("a comment".to_owned()),
        }
    }

    /// The family that metadata of this name belongs to: the last, if it has no samples yet, or a new one.
    fn metadata(&mut self, name: &str) -> Result<&mut Family, String> {
        let families = &mut self.document.families;
        if families.last().is_none_or(|last| last.name != name) {
            if !self.families.insert(name.to_owned()) {
                return Err("the family comes twice".to_owned());
            }
            families.push(Family {
                name: name.to_owned(),
                ..Family::default()
            });
        }
        let family = families.last_mut().expect("there is one now");
        if family.samples.is_empty() {
            Ok(family)
        } else {
            Err("metadata follows a sample".to_owned())
        }
    }

    fn sample(&mut self, line: &str) -> Result<(), String> {
        let openmetrics = self.openmetrics;
        let sample = parse_sample(line, openmetrics)?;
        let family = self.document.families.last_mut();
        let family = family.ok_or("a sample without metadata")?;
        family.check_sample(&sample, openmetrics)?;
        if !self
            .series
            .insert((sample.name.clone(), sample.labels.clone()))
        {
            return Err("the series comes twice".to_owned());
        }
        family.samples.push(sample);
        Ok(())
    }
}

impl Family {
    fn check_sample(&self, sample: &Sample, openmetrics: bool) -> Result<(), String> {
        let suffix = sample.name.strip_prefix(&self.name);
        let suffix = suffix.ok_or("a sample of another family")?;
        let (le, quantile) = (
            sample.labels.contains_key("le"),
            sample.labels.contains_key("quantile"),
        );
        let fits = match self.kind.as_str() {
            "" => return Err("a sample without a type".to_owned()),
            "counter" if openmetrics => matches!(suffix, "_total" | "_created"),
            "histogram" => match suffix {
                "_bucket" => le,
                "_sum" | "_count" => !le,
                "_created" => openmetrics,
                _ => false,
            },
            "summary" => match suffix {
                "" => quantile,
                "_sum" | "_count" => !quantile,
                "_created" => openmetrics,
                _ => false,
            },
            "info" => suffix == "_info",
            _ => suffix.is_empty(),
        };
        if !fits {
            return Err(format!("no sample of a {}", self.kind));
        }
        let counts = self.kind == "counter" || matches!(suffix, "_bucket" | "_count");
        if counts && (sample.value.is_nan() || sample.value < 0.0) {
            return Err("a count below zero".to_owned());
        }
        if sample.exemplar.is_some() && !matches!(suffix, "_bucket" | "_total") {
            return Err("an exemplar where none may be".to_owned());
        }
        Ok(())
    }

    /// Every series of a histogram has ascending buckets up to `+Inf`, a count that equals the last, and a sum.
    fn check(&self) -> Result<(), String> {
        if self.kind.is_empty() {
            return Err("no type".to_owned());
        }
        if self.kind != "histogram" {
            return Ok(());
        }
        let mut all: BTreeMap<Labels, Buckets> = BTreeMap::new();
        for sample in &self.samples {
            let mut labels = sample.labels.clone();
            let le = labels.remove("le");
            let buckets = all.entry(labels).or_default();
            match le {
                Some(le) => buckets.add(number(&le)?, sample.value)?,
                None if sample.name.ends_with("_count") => buckets.count = Some(sample.value),
                None => buckets.sum |= sample.name.ends_with("_sum"),
            }
        }
        for (labels, buckets) in all {
            let ends = buckets.last.is_some_and(|(le, count)| {
                le == f64::INFINITY
                    && buckets
                        .count
                        .is_some_and(|all| all.total_cmp(&count).is_eq())
            });
            if !ends || !buckets.sum {
                return Err(format!("a histogram that is incomplete: {labels:?}"));
            }
        }
        Ok(())
    }
}

#[derive(Default)]
struct Buckets {
    last: Option<(f64, f64)>,
    count: Option<f64>,
    sum: bool,
}

impl Buckets {
    fn add(&mut self, le: f64, count: f64) -> Result<(), String> {
        if le.is_nan() || self.last.is_some_and(|last| le <= last.0 || count < last.1) {
            return Err("buckets do not ascend".to_owned());
        }
        self.last = Some((le, count));
        Ok(())
    }
}

fn parse_sample(line: &str, openmetrics: bool) -> Result<Sample, String> {
    let end = line.find(['{', ' ']).ok_or("no value")?;
    let (name, rest) = line.split_at(end);
    check_name(name, true)?;
    let (labels, rest) = if rest.starts_with('{') {
        parse_labels(rest)?
    } else {
        (Labels::new(), rest)
    };
    let series = line[..line.len() - rest.len()].to_owned();
    let (numbers, exemplar) = match rest.split_once(" # ") {
        Some((numbers, exemplar)) if openmetrics => (numbers, Some(parse_exemplar(exemplar)?)),
        Some(_) => return Err("an exemplar in the text format".to_owned()),
        None => (rest, None),
    };
    let numbers = numbers
        .strip_prefix(' ')
        .ok_or("no space before the value")?;
    let (value, timestamp) = value_and_timestamp(numbers)?;
    if !openmetrics && timestamp.is_some_and(|timestamp| timestamp.fract() != 0.0) {
        return Err("a timestamp that is no whole number".to_owned());
    }
    Ok(Sample {
        series,
        name: name.to_owned(),
        labels,
        value,
        timestamp,
        exemplar,
    })
}

fn parse_exemplar(text: &str) -> Result<Exemplar, String> {
    let (labels, rest) = parse_labels(text)?;
    let length: usize = labels
        .iter()
        .map(|(name, value)| name.chars().count() + value.chars().count())
        .sum();
    if length > 128 {
        return Err("an exemplar of more than 128 characters".to_owned());
    }
    let numbers = rest.strip_prefix(' ').ok_or("no space before the value")?;
    let (value, timestamp) = value_and_timestamp(numbers)?;
    Ok(Exemplar {
        labels,
        value,
        timestamp,
    })
}

fn value_and_timestamp(text: &str) -> Result<(f64, Option<f64>), String> {
    match text.split_once(' ') {
        Some((value, timestamp)) => Ok((number(value)?, Some(number(timestamp)?))),
        None => Ok((number(text)?, None)),
    }
}

/// Parses `{name="value",..}`, and returns what follows too.
fn parse_labels(text: &str) -> Result<(Labels, &str), String> {
    let mut labels = Labels::new();
    let mut rest = text.strip_prefix('{').ok_or("no labels")?;
    loop {
        let (name, after) = rest.split_once("=\"").ok_or("a label without `=\"`")?;
        check_name(name, false)?;
        let close = closing_quote(after).ok_or("a label's value does not end")?;
        let value = unescape(&after[..close], true)?;
        if labels.insert(name.to_owned(), value).is_some() {
            return Err("a label comes twice".to_owned());
        }
        rest = &after[close + 1..];
        if let Some(after) = rest.strip_prefix('}') {
            return Ok((labels, after));
        }
        rest = rest.strip_prefix(',').ok_or("labels do not end")?;
    }
}

fn closing_quote(text: &str) -> Option<usize> {
    let mut escaped = false;
    text.bytes().position(|byte| {
        let closes = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        closes
    })
}

/// Resolves `\\` and `\n`, and `\"` where quotes are escaped.
fn unescape(text: &str, quotes: bool) -> Result<String, String> {
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        plain.push(match c {
            '\\' => match chars.next() {
                Some('\\') => '\\',
                Some('n') => '\n',
                Some('"') if quotes => '"',
                _ => return Err("an unknown escape".to_owned()),
            },
            '"' if quotes => return Err("a quote that is not escaped".to_owned()),
            c => c,
        });
    }
    Ok(plain)
}

/// Refuses names such as `infinity`, which Rust parses.
fn number(text: &str) -> Result<f64, String> {
    match text {
        "+Inf" => Ok(f64::INFINITY),
        "-Inf" => Ok(f64::NEG_INFINITY),
        "NaN" => Ok(f64::NAN),
        _ => {
            let digits = text
                .bytes()
                .all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
            let parsed = digits.then(|| text.parse().ok()).flatten();
            parsed.ok_or_else(|| format!("no number: `{text}`"))
        }
    }
}

fn check_name(name: &str, colon: bool) -> Result<(), String> {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '_' || (colon && c == ':');
    if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) || !name.chars().all(fits)
    {
        return Err(format!("no name: `{name}`"));
    }
    Ok(())
}

fn refuse_second(first: bool) -> Result<(), String> {
    if first {
        Ok(())
    } else {
        Err("the metadata comes twice".to_owned())
    }
}
