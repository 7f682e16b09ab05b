//! The text compressed, in pieces that outlive a scrape.
//!
//! A piece is a run of lines compressed for itself: nothing in it refers to what stands before. While its lines say what
//! they said at the last scrape it is sent again as it is, and of a thousand handlers few are asked between two scrapes.

use std::{mem, ops::Range, sync::Mutex};

use actix_web::web::Bytes;
use flate2::{Compress, CompressError, Compression, Crc, FlushCompress};
use smallvec::SmallVec;

use super::{
    BLOCK, Format, Output,
    native::{self, PerHandler},
};
use crate::{
    metrics::Inner,
    recorder::{
        series::lock,
        snapshot::{Changed, Snapshot},
    },
};

/// So much text is compressed at a time. Less would compress worse, more cost more where one handler changed.
const PIECE: usize = 16 * 1024;

/// No name, no time, the fastest level, no system in particular.
const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 4, 255];

/// What the last scrape in each format leaves to the next.
#[derive(Default)]
pub(crate) struct LastScrapes {
    text: Mutex<LastScrape>,
    openmetrics: Mutex<LastScrape>,
}

#[derive(Default)]
struct LastScrape {
    /// What the pieces say, number by number.
    snapshot: Snapshot,
    pieces: Vec<Piece>,
    /// The file up to the end of the last piece.
    file: Bytes,
}

struct Piece {
    /// Most pieces are of one family.
    runs: SmallVec<[Run; 1]>,
    /// Where it is in the file.
    part: Range<usize>,
    /// Of its text.
    checksum: Crc,
}

/// Handlers next to each other in one family. The family's head comes before its first.
struct Run {
    family: usize,
    handlers: Range<usize>,
}

/// Everything the recorder and its registry hold, as a gzip file in two parts. `pause` is called after all that is
/// compressed at a time.
///
/// A scrape takes what the last one left, and leaves its own. One that comes in between compresses everything.
///
/// # Errors
/// The compressor's.
pub(crate) fn render(
    inner: &'static Inner,
    format: Format,
    pause: impl Fn(),
) -> Result<[Bytes; 2], CompressError> {
    let last = match format {
        Format::Text => &inner.last_scrapes.text,
        Format::OpenMetrics => &inner.last_scrapes.openmetrics,
    };
    let mut compressor = Compressor::new(&pause);
    let mut checksum = Crc::new();
    let mut ours = Bytes::from_static(&HEADER);
    if inner.recorder.config.enabled {
        let taken = mem::take(&mut *lock(last));
        let scrape = taken.renewed(inner, format, &mut compressor)?;
        for piece in &scrape.pieces {
            checksum.combine(&piece.checksum);
        }
        ours = scrape.file.clone();
        *lock(last) = scrape;
    }
    Ok([ours, compressor.rest(inner, format, checksum)?])
}

impl LastScrape {
    fn renewed(
        mut self,
        inner: &'static Inner,
        format: Format,
        compressor: &mut Compressor<'_>,
    ) -> Result<Self, CompressError> {
        let changed = inner.recorder.renew(&mut self.snapshot);
        let changed = changed.filter(|_| !self.pieces.is_empty());
        if let Some(changed) = &changed
            && changed.iter().all(|handler| *handler == Changed::NOTHING)
        {
            return Ok(self);
        }
        let mut writer = Writer {
            families: native::per_handler(inner, format),
            snapshot: &self.snapshot,
            text: String::with_capacity(PIECE + PIECE / 4),
            compressor,
            pieces: Vec::with_capacity(self.pieces.len()),
            file: Vec::with_capacity(self.file.len() + PIECE),
        };
        writer.file.extend_from_slice(&HEADER);
        match changed {
            Some(changed) => writer.renew(self.pieces, &self.file, &changed)?,
            None => writer.write_all()?,
        }
        Ok(Self {
            pieces: writer.pieces,
            file: writer.file.into(),
            snapshot: self.snapshot,
        })
    }
}

/// Writes our families in pieces.
struct Writer<'a, 'p> {
    families: [PerHandler; 6],
    snapshot: &'a Snapshot,
    /// Of the piece at hand.
    text: String,
    compressor: &'a mut Compressor<'p>,
    pieces: Vec<Piece>,
    file: Vec<u8>,
}

impl Writer<'_, '_> {
    fn write_all(&mut self) -> Result<(), CompressError> {
        let everybody = 0..self.snapshot.len();
        let runs = (0..self.families.len()).map(|family| Run {
            family,
            handlers: everybody.clone(),
        });
        self.write(runs, PIECE)
    }

    /// The pieces of an earlier scrape of the same handlers, as they are now.
    fn renew(
        &mut self,
        pieces: Vec<Piece>,
        file: &[u8],
        changed: &[Changed],
    ) -> Result<(), CompressError> {
        for piece in pieces {
            if self.is_changed(&piece, changed) {
                // Numbers grow, statuses come up: a piece that has grown by half is split, and any other has room. Many
                // small pieces would compress badly.
                let is_long = piece.checksum.amount() as usize > PIECE + PIECE / 2;
                let enough = if is_long { PIECE } else { 2 * PIECE };
                self.write(piece.runs, enough)?;
            } else {
                let start = self.file.len();
                self.file.extend_from_slice(&file[piece.part]);
                self.pieces.push(Piece {
                    part: start..self.file.len(),
                    ..piece
                });
            }
        }
        Ok(())
    }

    fn is_changed(&self, piece: &Piece, changed: &[Changed]) -> bool {
        piece.runs.iter().any(|run| {
            let family = &self.families[run.family];
            let mut handlers = changed[run.handlers.clone()].iter();
            handlers.any(|handler| family.is_changed(*handler))
        })
    }

    /// Some runs in as many pieces as they need, if each ends where it has enough text.
    fn write(
        &mut self,
        runs: impl IntoIterator<Item = Run>,
        enough: usize,
    ) -> Result<(), CompressError> {
        let mut written = SmallVec::new();
        for Run {
            family,
            mut handlers,
        } in runs
        {
            loop {
                let end = self.families[family].push(
                    &mut self.text,
                    self.snapshot,
                    handlers.clone(),
                    enough,
                );
                written.push(Run {
                    family,
                    handlers: handlers.start..end,
                });
                if self.text.len() >= enough {
                    self.end_piece(mem::take(&mut written))?;
                }
                handlers.start = end;
                if handlers.is_empty() {
                    break;
                }
            }
        }
        if !written.is_empty() {
            self.end_piece(written)?;
        }
        Ok(())
    }

    /// The text written since the last piece is one.
    fn end_piece(&mut self, runs: SmallVec<[Run; 1]>) -> Result<(), CompressError> {
        let mut checksum = Crc::new();
        let start = self.file.len();
        self.compressor.add(
            &mut self.file,
            &mut checksum,
            &mut self.text,
            FlushCompress::Full,
        )?;
        (self.compressor.pause)();
        self.pieces.push(Piece {
            runs,
            part: start..self.file.len(),
            checksum,
        });
        Ok(())
    }
}

struct Compressor<'a> {
    deflate: Compress,
    pause: &'a dyn Fn(),
}

impl<'a> Compressor<'a> {
    fn new(pause: &'a dyn Fn()) -> Self {
        Self {
            // The fastest level: label text shrinks to a twelfth, and a scrape should cost little.
            deflate: Compress::new(Compression::fast(), false),
            pause,
        }
    }

    /// Adds a text, which is used up.
    fn add(
        &mut self,
        file: &mut Vec<u8>,
        checksum: &mut Crc,
        text: &mut String,
        flush: FlushCompress,
    ) -> Result<(), CompressError> {
        checksum.update(text.as_bytes());
        let mut rest = text.as_bytes();
        loop {
            file.reserve(PIECE / 4);
            let before = self.deflate.total_in();
            self.deflate.compress_vec(rest, file, flush)?;
            let taken = self.deflate.total_in() - before;
            rest = &rest[usize::try_from(taken).expect("not more than the rest")..];
            // Room that is left says that nothing is held back for lack of it.
            if rest.is_empty() && file.len() < file.capacity() {
                break;
            }
        }
        text.clear();
        Ok(())
    }

    /// What is not there for each handler, to the end of the file.
    fn rest(
        mut self,
        inner: &'static Inner,
        format: Format,
        mut checksum: Crc,
    ) -> Result<Bytes, CompressError> {
        let mut file = Vec::new();
        let mut result = Ok(());
        let mut out = Output {
            text: String::new(),
            block_end: BLOCK,
            at_block: &mut |text| {
                if result.is_ok() {
                    result = self.add(&mut file, &mut checksum, text, FlushCompress::None);
                }
                text.clear();
                (self.pause)();
            },
        };
        out.push_rest(inner, format);
        let mut last = out.text;
        result?;
        self.add(&mut file, &mut checksum, &mut last, FlushCompress::Finish)?;
        for word in [checksum.sum(), checksum.amount()] {
            file.extend_from_slice(&word.to_le_bytes());
        }
        Ok(file.into())
    }
}

#[cfg(test)]
mod tests {
    use std::{
        cell::Cell,
        io::Read,
        iter,
        sync::atomic::{AtomicBool, Ordering::Relaxed},
        thread::{self, ScopedJoinHandle},
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
    static COARSE: Site = Site::new("coarse").buckets(&[0.5, 30.0]);
    const NOT_FOUND: &str = "core::result::Result<(), shop::NotFound>";
    /// Asked before the first scrape.
    const HANDLERS: usize = 8;

    fn metrics(registry: Registry, label: &str) -> Metrics {
        let config = Config::builder()
            .custom_label("constant", label)
            .exclude_streaming_duration(true)
            .registry(registry)
            .build()
            .unwrap();
        Metrics::new(config).unwrap()
    }

    fn begin(metrics: Metrics, handler: usize, method: Method) -> Record {
        begin_at(&SITE, metrics, handler, method)
    }

    fn begin_at(site: &'static Site, metrics: Metrics, handler: usize, method: Method) -> Record {
        let template = || Some(format!("/{handler}"));
        let recorder = metrics.0.recorder;
        recorder.begin(site, method, clock::now(), template)
    }

    fn request(metrics: Metrics, handler: usize) {
        begin(metrics, handler, Method::Get).finish(200, 1);
    }

    /// The text, and how many pieces were made for it, with the full blocks of what others say.
    fn compressed(metrics: Metrics, format: Format) -> (String, usize) {
        let made = Cell::new(0);
        let parts = render(metrics.0, format, || made.set(made.get() + 1)).unwrap();
        let file = parts.concat();
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
        /// A request that was begun is over, or its head is sent, or somebody took it over.
        End(u16),
        Stream(u16),
        Cancel,
        /// The last stream's body was sent.
        EndStream,
        /// Another handler of the same label, with other buckets.
        Coarse(usize),
        Declare(usize),
        Error(usize, &'static str),
        Scrape(Format),
    }

    fn step() -> impl Strategy<Value = Step> {
        let handler = prop_oneof![10 => 0..HANDLERS, 1 => HANDLERS..HANDLERS + 5];
        let method = || prop::sample::select(vec![Method::Get, Method::Post]);
        let status = || prop::sample::select(vec![200_u16, 201, 404, 500, 503]);
        let bytes = prop_oneof![Just(0), any::<u32>().prop_map(u64::from)];
        let format = prop::sample::select(vec![Format::Text, Format::OpenMetrics]);
        let error = prop::sample::select(vec![NOT_FOUND, "core::result::Result<(), shop::Gone>"]);
        prop_oneof![
            4 => (handler.clone(), method(), status(), bytes)
                .prop_map(|(handler, method, status, bytes)| Step::Request(handler, method, status, bytes)),
            1 => (handler.clone(), method()).prop_map(|(handler, method)| Step::Begin(handler, method)),
            1 => status().prop_map(Step::End),
            1 => status().prop_map(Step::Stream),
            1 => Just(Step::Cancel),
            1 => Just(Step::EndStream),
            1 => handler.clone().prop_map(Step::Coarse),
            1 => handler.clone().prop_map(Step::Declare),
            1 => (handler, error).prop_map(|(handler, error)| Step::Error(handler, error)),
            3 => format.prop_map(Step::Scrape),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn whatever_happens_between_scrapes_it_is_the_text(
            label_len in 0..1_000_usize,
            steps in prop::collection::vec(step(), 1..60),
        ) {
            let metrics = metrics(Registry::new(), &"x".repeat(label_len));
            for handler in 0..HANDLERS {
                request(metrics, handler);
            }
            let mut open = Vec::new();
            let mut streams = Vec::new();
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
                    Step::Stream(status) => streams.extend(open.pop().map(|record| record.stream(status))),
                    Step::Cancel => open.pop().map_or((), Record::cancel),
                    Step::EndStream => drop(streams.pop()),
                    Step::Coarse(handler) => begin_at(&COARSE, metrics, handler, Method::Get).finish(200, 0),
                    Step::Declare(handler) => metrics.0.recorder.declare(&SITE, &format!("/{handler}")),
                    Step::Error(handler, error) => {
                        let record = begin(metrics, handler, Method::Get);
                        record.failures().count(error);
                        record.finish(500, 0);
                    }
                    Step::Scrape(format) => {
                        let (text, _) = compressed(metrics, format);
                        prop_assert!(text == metrics.render(format), "{format:?}");
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
        assert_eq!(made(), 4, "requests, durations, and both sizes");
        let open = begin(metrics, 7, Method::Get);
        assert_eq!(made(), 1, "requests in progress");
        open.failures().count(NOT_FOUND);
        assert_eq!(made(), 1, "exceptions");
        open.finish(200, 0);
        assert_eq!(made(), 5, "all but exceptions");
        assert!(compressed(metrics, Format::OpenMetrics).1 > 6);
        assert_eq!(made(), 0);
        request(metrics, 200);
        assert!(made() > 6);
    }

    #[test]
    fn pieces_that_grow_are_split() {
        let metrics = metrics(Registry::new(), &"x".repeat(200));
        let lengths = || -> Vec<usize> {
            let last = lock(&metrics.0.last_scrapes.text);
            let pieces = last.pieces.iter();
            pieces
                .map(|piece| piece.checksum.amount() as usize)
                .collect()
        };
        let mut known = 200;
        for until in (201..225).chain([250]) {
            for status in mem::replace(&mut known, until)..until {
                for handler in 0..50 {
                    begin(metrics, handler, Method::Get).finish(status, 1);
                }
            }
            let (text, _) = compressed(metrics, Format::Text);
            assert!(text == metrics.render(Format::Text));
            let lengths = lengths();
            // Where there is enough is seen once a handler's lines are there.
            assert!(
                lengths.iter().all(|length| *length < 3 * PIECE),
                "{lengths:?}"
            );
            let fewest = text.len() / PIECE;
            assert!(lengths.len() <= fewest + fewest / 5 + 1, "{lengths:?}");
        }
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
        for (asked, breaks) in [(true, false), (true, true), (false, false)] {
            BREAKS.store(breaks, Relaxed);
            if asked {
                request(metrics, 1);
            }
            let scraped = thread::spawn(move || compressed(metrics, Format::Text)).join();
            assert_eq!(scraped.is_err(), breaks);
            if let Ok((text, made)) = scraped {
                assert_eq!(text, metrics.render(Format::Text));
                assert_eq!(made, usize::from(asked), "what it left was good");
            }
        }
    }

    #[test]
    fn scrapes_at_the_same_time_only_rise() {
        const SCRAPES: usize = 40;
        let metrics = metrics(Registry::new(), "");
        let requests = || -> Vec<u64> {
            let (text, _) = compressed(metrics, Format::Text);
            let lines = text.lines();
            lines
                .filter(|line| line.starts_with("http_requests_total{"))
                .map(|line| line.rsplit_once(' ').unwrap().1.parse().unwrap())
                .collect()
        };
        for handler in 0..50 {
            request(metrics, handler);
        }
        let mut sent = 50;
        thread::scope(|scope| {
            let scrapers = [(); 2].map(|()| {
                scope.spawn(|| {
                    let mut last = requests();
                    for _ in 0..SCRAPES {
                        let now = requests();
                        assert!(
                            iter::zip(&last, &now).all(|(last, now)| last <= now),
                            "{now:?} after {last:?}"
                        );
                        last = now;
                    }
                })
            });
            while !scrapers.iter().all(ScopedJoinHandle::is_finished) {
                request(metrics, sent % 50);
                sent += 1;
            }
        });
        assert_eq!(requests().iter().sum::<u64>(), sent as u64);
    }
}
