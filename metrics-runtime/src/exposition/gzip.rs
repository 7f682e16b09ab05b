//! The text compressed, in pieces that outlive a scrape.
//!
//! A piece is a run of lines compressed for itself: nothing in it refers to what stands before. While the handlers in it
//! have the numbers they had at the last scrape it is sent again as it is, and of a thousand handlers few are asked
//! between two scrapes.

use std::{mem, ops::Range, sync::Mutex};

use flate2::{Compress, CompressError, Compression, Crc, FlushCompress};

use super::{
    BLOCK, Format, Output,
    native::{self, PerHandler},
};
use crate::{
    metrics::Inner,
    recorder::{series::lock, snapshot::Snapshot},
};

/// No name, no time, the fastest level, no system in particular.
const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 4, 255];

/// What the last scrape in each format leaves to the next.
#[derive(Default)]
pub(crate) struct Kept([Mutex<Handlers>; 2]);

/// What a scrape says of the handlers.
#[derive(Default)]
struct Handlers {
    snapshot: Snapshot,
    pieces: Vec<Piece>,
}

struct Piece {
    runs: Vec<Run>,
    deflated: Deflated,
}

/// Handlers next to each other in one family. The family's head comes before its first.
#[derive(Clone)]
struct Run {
    family: usize,
    handlers: Range<usize>,
}

/// Everything the recorder and its registry hold, as a gzip file. `pause` is called after every piece that is made.
///
/// A scrape takes what the last one left, and leaves its own. One that comes in between makes all pieces.
///
/// # Errors
/// The compressor's.
pub(crate) fn render(
    inner: &'static Inner,
    format: Format,
    pause: impl Fn(),
) -> Result<Vec<u8>, CompressError> {
    let kept = &inner.kept.0[format as usize];
    let last = mem::take(&mut *lock(kept));
    let mut compressor = Compressor {
        // The fastest level: label text shrinks to a twentieth with any, and a scrape should cost little.
        deflate: Compress::new(Compression::fast(), false),
        pause,
    };
    let handlers = last.next(inner, format, &mut compressor)?;
    let rest = compressor.rest(inner, format)?;
    let pieces = handlers.pieces.iter().map(|piece| &piece.deflated);
    let file = file(pieces.chain([&rest]));
    *lock(kept) = handlers;
    Ok(file)
}

impl Handlers {
    fn next<P: Fn()>(
        self,
        inner: &'static Inner,
        format: Format,
        compressor: &mut Compressor<P>,
    ) -> Result<Self, CompressError> {
        let (snapshot, changed) = inner.recorder.snapshot_after(self.snapshot);
        let mut pieces = self.pieces;
        let mut lines = Lines {
            families: native::per_handler(inner, format),
            snapshot: &snapshot,
            text: String::with_capacity(BLOCK + BLOCK / 4),
        };
        match changed {
            Some(changed) if !pieces.is_empty() => {
                for piece in &mut pieces {
                    if piece.has_any(&changed) {
                        piece.deflated = lines.piece(&piece.runs, compressor)?;
                    }
                }
            }
            _ => pieces = lines.all_pieces(compressor)?,
        }
        Ok(Self { snapshot, pieces })
    }
}

impl Piece {
    fn has_any(&self, handlers: &[bool]) -> bool {
        let mut runs = self.runs.iter();
        runs.any(|run| handlers[run.handlers.clone()].contains(&true))
    }
}

/// Writes pieces.
struct Lines<'a> {
    families: [PerHandler; 6],
    snapshot: &'a Snapshot,
    /// Of the piece at hand.
    text: String,
}

impl Lines<'_> {
    fn all_pieces<P: Fn()>(
        &mut self,
        compressor: &mut Compressor<P>,
    ) -> Result<Vec<Piece>, CompressError> {
        let mut pieces = Vec::new();
        let mut runs = Vec::new();
        for family in 0..self.families.len() {
            let mut handlers = 0..self.snapshot.len();
            loop {
                let end = self.push(family, handlers.clone(), BLOCK);
                runs.push(Run {
                    family,
                    handlers: handlers.start..end,
                });
                if self.text.len() >= BLOCK {
                    let deflated = compressor.piece(&mut self.text)?;
                    let runs = mem::take(&mut runs);
                    pieces.push(Piece { runs, deflated });
                }
                handlers.start = end;
                if handlers.is_empty() {
                    break;
                }
            }
        }
        let deflated = compressor.piece(&mut self.text)?;
        pieces.push(Piece { runs, deflated });
        Ok(pieces)
    }

    fn piece<P: Fn()>(
        &mut self,
        runs: &[Run],
        compressor: &mut Compressor<P>,
    ) -> Result<Deflated, CompressError> {
        for run in runs {
            self.push(run.family, run.handlers.clone(), usize::MAX);
        }
        compressor.piece(&mut self.text)
    }

    /// Writes handlers until there is enough text. Says before which it stopped.
    fn push(&mut self, family: usize, handlers: Range<usize>, enough: usize) -> usize {
        let PerHandler { head, push } = &mut self.families[family];
        if handlers.start == 0 {
            self.text.push_str(head);
        }
        for handler in handlers.clone() {
            push(&mut self.text, &self.snapshot.handler(handler));
            if self.text.len() >= enough {
                return handler + 1;
            }
        }
        handlers.end
    }
}

struct Compressor<P> {
    deflate: Compress,
    pause: P,
}

impl<P: Fn()> Compressor<P> {
    /// What may stand after anything and before anything. The text is used up.
    fn piece(&mut self, text: &mut String) -> Result<Deflated, CompressError> {
        let mut piece = Deflated::default();
        piece.add(text, FlushCompress::Full, &mut self.deflate)?;
        piece.bytes.shrink_to_fit();
        text.clear();
        (self.pause)();
        Ok(piece)
    }

    /// What is not there for each handler, to the end of the text.
    fn rest(mut self, inner: &'static Inner, format: Format) -> Result<Deflated, CompressError> {
        let mut rest = Deflated::default();
        let mut result = Ok(());
        let mut out = Output {
            text: String::new(),
            block_end: BLOCK,
            at_block: &mut |text| {
                if result.is_ok() {
                    result = rest.add(text, FlushCompress::None, &mut self.deflate);
                }
                text.clear();
                (self.pause)();
            },
        };
        out.push_rest(inner, format);
        let last = out.text;
        result?;
        rest.add(&last, FlushCompress::Finish, &mut self.deflate)?;
        Ok(rest)
    }
}

#[derive(Default)]
struct Deflated {
    bytes: Vec<u8>,
    /// Of the text.
    checksum: Crc,
}

impl Deflated {
    fn add(
        &mut self,
        text: &str,
        flush: FlushCompress,
        deflate: &mut Compress,
    ) -> Result<(), CompressError> {
        self.checksum.update(text.as_bytes());
        let mut rest = text.as_bytes();
        loop {
            self.bytes.reserve(text.len() / 8 + 64);
            let before = deflate.total_in();
            deflate.compress_vec(rest, &mut self.bytes, flush)?;
            let taken = deflate.total_in() - before;
            rest = &rest[usize::try_from(taken).expect("not more than the rest")..];
            // Room that is left says that nothing is held back for lack of it.
            if rest.is_empty() && self.bytes.len() < self.bytes.capacity() {
                return Ok(());
            }
        }
    }
}

fn file<'a>(parts: impl Iterator<Item = &'a Deflated> + Clone) -> Vec<u8> {
    let deflated: usize = parts.clone().map(|part| part.bytes.len()).sum();
    let mut file = Vec::with_capacity(HEADER.len() + deflated + 8);
    file.extend_from_slice(&HEADER);
    let mut checksum = Crc::new();
    for part in parts {
        file.extend_from_slice(&part.bytes);
        checksum.combine(&part.checksum);
    }
    file.extend_from_slice(&checksum.sum().to_le_bytes());
    file.extend_from_slice(&checksum.amount().to_le_bytes());
    file
}

#[cfg(test)]
mod tests {
    use std::{
        cell::Cell,
        io::Read,
        sync::atomic::{AtomicBool, Ordering::Relaxed},
        thread,
    };

    use flate2::read::GzDecoder;
    use prometheus::{
        IntCounterVec, Opts, Registry,
        core::{Collector, Desc},
        proto::MetricFamily,
    };
    use proptest::prelude::*;

    use super::*;
    use crate::{
        Config, Metrics,
        method::Method,
        recorder::{Record, clock},
        site::Site,
    };

    static SITE: Site = Site::new("compressed");

    fn metrics(registry: Registry, label: &str) -> Metrics {
        let config = Config::builder()
            .custom_label("constant", label)
            .registry(registry)
            .build()
            .unwrap();
        Metrics::new(config).unwrap()
    }

    fn begin(metrics: Metrics, handler: usize, method: Method) -> Record {
        let template = || Some(format!("/{handler}"));
        let recorder = metrics.0.recorder;
        recorder.begin(&SITE, method, clock::now(), template)
    }

    fn request(metrics: Metrics, handler: usize) {
        begin(metrics, handler, Method::Get).finish(200, 1);
    }

    /// The text, and how many pieces were made for it.
    fn compressed(metrics: Metrics, format: Format) -> (String, usize) {
        let made = Cell::new(0);
        let file = render(metrics.0, format, || made.set(made.get() + 1)).unwrap();
        let mut text = String::new();
        let mut decoder = GzDecoder::new(&*file);
        decoder.read_to_string(&mut text).unwrap();
        assert!(decoder.into_inner().is_empty(), "one file");
        (text, made.get())
    }

    /// What happens between two scrapes.
    #[derive(Debug, Clone)]
    enum Step {
        Request(usize, Method, u16, u64),
        Begin(usize, Method),
        /// A request that was begun is over.
        End(u16),
        Error(usize, &'static str),
        Scrape(Format),
    }

    fn step() -> impl Strategy<Value = Step> {
        let handler = 0..30_usize;
        let method = || prop::sample::select(vec![Method::Get, Method::Post]);
        let status = || prop::sample::select(vec![200_u16, 201, 404, 500, 503]);
        let bytes = prop_oneof![Just(0), any::<u32>().prop_map(u64::from)];
        let format = prop::sample::select(vec![Format::Text, Format::OpenMetrics]);
        let error = prop::sample::select(vec!["shop::NotFound", "shop::Gone"]);
        prop_oneof![
            4 => (handler.clone(), method(), status(), bytes)
                .prop_map(|(handler, method, status, bytes)| Step::Request(handler, method, status, bytes)),
            1 => (handler.clone(), method()).prop_map(|(handler, method)| Step::Begin(handler, method)),
            1 => status().prop_map(Step::End),
            1 => (handler, error).prop_map(|(handler, error)| Step::Error(handler, error)),
            3 => format.prop_map(Step::Scrape),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn whatever_happens_between_scrapes_it_is_the_text(
            label_len in 0..2_000_usize,
            steps in prop::collection::vec(step(), 1..60),
        ) {
            let metrics = metrics(Registry::new(), &"x".repeat(label_len));
            let mut open = Vec::new();
            for step in steps {
                match step {
                    Step::Request(handler, method, status, bytes) => {
                        begin(metrics, handler, method).finish(status, bytes);
                    }
                    Step::Begin(handler, method) => open.push(begin(metrics, handler, method)),
                    Step::End(status) => {
                        if let Some(record) = open.pop() {
                            record.finish(status, 0);
                        }
                    }
                    Step::Error(handler, error) => {
                        let record = begin(metrics, handler, Method::Get);
                        record.failures().count(error);
                        record.finish(500, 0);
                    }
                    Step::Scrape(format) => {
                        let (text, _) = compressed(metrics, format);
                        prop_assert!(text == metrics.render(format), "{text}");
                    }
                }
            }
        }
    }

    #[test]
    fn only_what_changed_is_compressed_again() {
        let metrics = metrics(Registry::new(), "");
        for handler in 0..200 {
            request(metrics, handler);
        }
        let made = || compressed(metrics, Format::Text).1;
        let all = made();
        assert!(all > 6, "{all}");
        assert_eq!(made(), 0);
        request(metrics, 7);
        let some = made();
        assert!((1..=6).contains(&some), "a piece a family: {some}");
        let open = begin(metrics, 7, Method::Get);
        assert_eq!(made(), some);
        drop(open);
        assert_eq!(made(), some);
        assert_eq!(compressed(metrics, Format::OpenMetrics).1, all);
        assert_eq!(made(), 0);
        request(metrics, 200);
        assert_eq!(made(), all);
    }

    #[test]
    fn what_others_say_is_always_new() {
        let registry = Registry::new();
        let others = IntCounterVec::new(Opts::new("others", "o"), &["other"]).unwrap();
        registry.register(Box::new(others.clone())).unwrap();
        let metrics = metrics(registry, "");
        for scrape in 1..4 {
            for other in 0..4_000 {
                others.with_label_values(&[other.to_string()]).inc();
            }
            let (text, blocks) = compressed(metrics, Format::Text);
            assert!(text == metrics.render(Format::Text));
            assert!(text.ends_with(&format!("}} {scrape}\n")));
            assert!(blocks > 1, "{blocks}");
        }
    }

    /// Panics when it is told to.
    struct Fragile(&'static AtomicBool);

    impl Collector for Fragile {
        fn desc(&self) -> Vec<&Desc> {
            Vec::new()
        }

        fn collect(&self) -> Vec<MetricFamily> {
            assert!(!self.0.load(Relaxed), "told to");
            Vec::new()
        }
    }

    #[test]
    fn a_collector_that_panics_spoils_one_scrape() {
        static BREAKS: AtomicBool = AtomicBool::new(false);
        let registry = Registry::new();
        registry.register(Box::new(Fragile(&BREAKS))).unwrap();
        let metrics = metrics(registry, "");
        for breaks in [false, true, false] {
            BREAKS.store(breaks, Relaxed);
            request(metrics, 1);
            let scraped = thread::spawn(move || compressed(metrics, Format::Text)).join();
            assert_eq!(scraped.is_err(), breaks);
            if let Ok((text, _)) = scraped {
                assert_eq!(text, metrics.render(Format::Text));
            }
        }
    }

    #[test]
    fn scrapes_at_the_same_time_only_rise() {
        let metrics = metrics(Registry::new(), "");
        for handler in 0..50 {
            request(metrics, handler);
        }
        let done = AtomicBool::new(false);
        let all_requests = || -> u64 {
            let (text, _) = compressed(metrics, Format::Text);
            let lines = text.lines();
            lines
                .filter(|line| line.starts_with("http_requests_total{"))
                .map(|line| line.rsplit_once(' ').unwrap().1.parse::<u64>().unwrap())
                .sum()
        };
        thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    let mut last = 0;
                    while !done.load(Relaxed) {
                        let now = all_requests();
                        assert!(now >= last, "{now} after {last}");
                        last = now;
                    }
                });
            }
            for round in 0..20_000 {
                request(metrics, round % 50);
            }
            done.store(true, Relaxed);
        });
        assert_eq!(all_requests(), 20_050);
    }
}
