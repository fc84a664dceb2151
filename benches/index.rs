//! Vector search. `cargo bench --bench index` times lookups; `cargo bench --bench index -- churn` proves recall at size:
//! 100,000 entries (or `churn N`) of 384 numbers in one partition, of which half are exchanged, against the exact scan.
//! `-- serve FOLDER` answers the queries of `scripts/bench-index.py`, which compares with other libraries.
//!
//! The data resemble sentence embeddings in what matters here: directions that gather around topics (about 50 entries a
//! topic, with a cosine of about 0.6 within one) and a vector space that is used unevenly. Uniformly
//! random directions would be a harder and an unreal case: all of them are equally far from each other.

use std::hint::black_box;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use scrimp::index::flat::FlatIndex;
use scrimp::index::{HybridIndex, IndexOptions, VectorSearch, VectorStore};

const DIMENSION: usize = 384;
const ENTRIES: u64 = 100_000;
const ENTRIES_PER_TOPIC: u64 = 50;
const QUERIES: usize = 2_000;
const REQUIRED_RECALL: f64 = 0.99;
/// Length of what an entry adds to its topic's direction: a cosine of about 0.6 between two entries of a topic.
const WITHIN_TOPIC: f32 = 0.8;
/// Length of what a near duplicate adds to an entry: a cosine of about 0.95.
const NEAR_DUPLICATE: f32 = 0.33;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["churn", ref rest @ ..] => {
            return churn(
                rest.iter().find_map(|argument| argument.parse().ok()).unwrap_or(ENTRIES),
            );
        }
        ["serve", folder, ref rest @ ..] => {
            let served = serve(Path::new(folder), rest.contains(&"graph"));
            return if served.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE };
        }
        _ => {}
    }
    lookups();
    Criterion::default().configure_from_args().final_summary();
    ExitCode::SUCCESS
}

criterion_group!(lookups, lookup);

fn lookup(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("index lookup, 384 dimensions, best 8");
    for entries in [100, 1_000, 10_000, 100_000] {
        let data = Data::new(entries);
        let index = HybridIndex::new(DIMENSION, IndexOptions::default());
        (0..entries).for_each(|id| insert(&index, id, &data.entry(id)));
        let queries: Vec<Vec<f32>> = (0..1000).map(|number| data.arbitrary(number)).collect();
        let mut queries = queries.iter().cycle();
        group.bench_function(format!("{entries} entries"), |bencher| {
            bencher.iter(|| queries.next().map(|query| black_box(index.search(query, 8))));
        });
    }
    let data = Data::new(10_000);
    let indexes: Vec<_> = (0..10_000)
        .map(|id| {
            let index = HybridIndex::new(DIMENSION, IndexOptions::default());
            insert(&index, id, &data.entry(id));
            index
        })
        .collect();
    let mut next = (0..10_000u64).cycle().map(|number| number * 7919 % 10_000);
    let query = data.arbitrary(1);
    group.bench_function("10000 partitions of 1 entry", |bencher| {
        bencher.iter(|| next.next().map(|at| black_box(indexes[at as usize].search(&query, 8))));
    });
    group.finish();
}

/// Builds an index of the vectors in `folder/stored`; then, for each line `KIND [FILE]`, looks up the vectors in
/// `folder/KIND`, prints how long it took, and writes what was found into FILE.
#[expect(clippy::print_stdout, reason = "what the caller reads")]
fn serve(folder: &Path, graph: bool) -> std::io::Result<()> {
    let graph_from = if graph { 0 } else { usize::MAX };
    let options = IndexOptions { graph_from, ..IndexOptions::default() };
    let index = HybridIndex::new(DIMENSION, options);
    let resident = resident_bytes();
    let start = Instant::now();
    let mut entries = 0;
    each_vector(&folder.join("stored"), |vector| {
        insert(&index, entries, vector);
        entries += 1;
    })?;
    index.settle();
    let (seconds, bytes) =
        (start.elapsed().as_secs_f64(), resident_bytes().saturating_sub(resident));
    println!(r#"{{"build_s": {seconds}, "bytes": {bytes}, "accounted": {}}}"#, index.bytes());
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let mut words = line.split_whitespace();
        let Some(kind) = words.next() else { continue };
        let (mut times, mut found) = (Vec::new(), Vec::new());
        let mut queries = Vec::new();
        each_vector(&folder.join(kind), |query| queries.push(query.to_vec()))?;
        for query in &queries {
            let neighbours = timed(&mut times, || index.search(query, 8));
            found.extend(neighbours.iter().flat_map(|near| (near.id as u32).to_le_bytes()));
        }
        if let Some(path) = words.next() {
            std::fs::File::create(path)?.write_all(&found)?;
        }
        times.sort_unstable();
        let microseconds = |share: usize| times[times.len() * share / 100].as_nanos() as f64 / 1e3;
        println!(r#"{{"p50_us": {}, "p99_us": {}}}"#, microseconds(50), microseconds(99));
    }
    Ok(())
}

fn each_vector(path: &Path, mut visit: impl FnMut(&[f32])) -> std::io::Result<()> {
    let mut file = BufReader::new(std::fs::File::open(path)?);
    let mut bytes = [0; DIMENSION * size_of::<f32>()];
    while !file.fill_buf()?.is_empty() {
        file.read_exact(&mut bytes)?;
        let vector: Vec<f32> =
            bytes.as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
        visit(&vector);
    }
    Ok(())
}

/// Exchanges half of the entries and compares with the exact scan. Fails below the required recall.
#[expect(clippy::print_stdout, reason = "a report for the terminal")]
fn churn(entries: u64) -> ExitCode {
    println!(
        "{entries} entries of {DIMENSION} numbers, half of them exchanged; {QUERIES} queries of a kind"
    );
    let data = Data::new(entries);
    let defaults = IndexOptions::default();
    let passed = [("default", defaults), ("graph", IndexOptions { graph_from: 1_000, ..defaults })]
        .map(|(name, options)| exchange_half(name, options, &data));
    if passed.contains(&false) {
        println!("\nFAILED: recall below {REQUIRED_RECALL}");
        return ExitCode::FAILURE;
    }
    println!("\npassed");
    ExitCode::SUCCESS
}

#[expect(clippy::print_stdout, reason = "a report for the terminal")]
fn exchange_half(name: &str, options: IndexOptions, data: &Data) -> bool {
    let oracle = FlatIndex::new(DIMENSION);
    (0..data.entries).for_each(|id| insert(&oracle, id, &data.entry(id)));

    let resident = resident_bytes();
    let index = HybridIndex::new(DIMENSION, options);
    let start = Instant::now();
    (0..data.entries).for_each(|id| insert(&index, id, &data.entry(id)));
    index.settle();
    println!("\n{name}: {options:?}");
    println!("  build {:.1} s", start.elapsed().as_secs_f64());
    let grown = resident_bytes().saturating_sub(resident);
    println!(
        "  {} bytes an entry estimated, {} resident",
        index.bytes() as u64 / data.entries,
        grown / data.entries
    );

    let start = Instant::now();
    for id in 0..data.entries / 2 {
        let vector = data.entry(data.entries + id);
        // Every other one is replaced, the others are removed and new ones come instead.
        let under = if id % 2 == 0 { id } else { data.entries + id };
        if under != id {
            index.remove(id);
            oracle.remove(id);
        }
        insert(&index, under, &vector);
        insert(&oracle, under, &vector);
    }
    println!("  churn {:.1} s", start.elapsed().as_secs_f64());
    let mut passed =
        compare("near duplicates, moves under way", &index, &oracle, |n| data.near_duplicate(n));
    index.settle();
    passed &= compare("near duplicates", &index, &oracle, |n| data.near_duplicate(n));
    passed &= compare("arbitrary queries", &index, &oracle, |n| data.arbitrary(n));
    passed
}

/// Prints recall@1 against the exact scan and the time of both.
#[expect(clippy::print_stdout, reason = "a report for the terminal")]
fn compare(
    kind: &str,
    index: &HybridIndex,
    oracle: &FlatIndex,
    query: impl Fn(u64) -> Vec<f32>,
) -> bool {
    let (mut index_times, mut scan_times) = (Vec::new(), Vec::new());
    let mut right = 0;
    for number in 0..QUERIES as u64 {
        let query = query(number);
        let found = timed(&mut index_times, || index.search(&query, 1));
        let best = timed(&mut scan_times, || oracle.search(&query, 8));
        // Of two equally near entries either is right.
        let nearest = best.iter().filter(|other| other.similarity >= best[0].similarity - 1e-5);
        right += u64::from(nearest.into_iter().any(|other| other.id == found[0].id));
    }
    let recall = right as f64 / QUERIES as f64;
    println!(
        "  {kind}: recall@1 {recall:.4}, {}, scan {}",
        quantiles(index_times),
        quantiles(scan_times)
    );
    recall >= REQUIRED_RECALL
}

fn timed<T>(times: &mut Vec<Duration>, work: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let result = work();
    times.push(start.elapsed());
    result
}

fn quantiles(mut times: Vec<Duration>) -> String {
    times.sort_unstable();
    let milliseconds = |share: usize| times[(times.len() - 1) * share / 100].as_secs_f64() * 1e3;
    format!("p50 {:.2} ms p99 {:.2} ms", milliseconds(50), milliseconds(99))
}

#[expect(clippy::expect_used, reason = "all vectors made here are unit vectors")]
fn insert(store: &dyn VectorStore, id: u64, vector: &[f32]) {
    store.insert(id, vector).expect("a unit vector");
}

/// Resident memory of this process in bytes; 0 where the kernel does not say.
fn resident_bytes() -> u64 {
    const PAGE_BYTES: u64 = 4096;
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    statm.split(' ').nth(1).and_then(|pages| pages.parse::<u64>().ok()).unwrap_or(0) * PAGE_BYTES
}

/// Vectors made from their number alone, so that none has to be kept.
struct Data {
    entries: u64,
    topics: Vec<Vec<f32>>,
}

impl Data {
    fn new(entries: u64) -> Self {
        let topics = 0..entries.div_ceil(ENTRIES_PER_TOPIC);
        let topics = topics.map(|topic| direction(&mut StdRng::seed_from_u64(topic))).collect();
        Self { entries, topics }
    }

    fn entry(&self, number: u64) -> Vec<f32> {
        self.near_a_topic(1 << 32 | number)
    }

    /// A query about one of the topics that is nobody's duplicate.
    fn arbitrary(&self, number: u64) -> Vec<f32> {
        self.near_a_topic(1 << 33 | number)
    }

    /// A query close to an entry that is live before and after the churn.
    fn near_duplicate(&self, number: u64) -> Vec<f32> {
        let mut random = StdRng::seed_from_u64(1 << 34 | number);
        let entry =
            self.entry(random.random_range(self.entries / 2..self.entries + self.entries / 2));
        add(&entry, &direction(&mut random), NEAR_DUPLICATE)
    }

    fn near_a_topic(&self, seed: u64) -> Vec<f32> {
        let mut random = StdRng::seed_from_u64(seed);
        let topic = &self.topics[random.random_range(0..self.topics.len())];
        add(topic, &direction(&mut random), WITHIN_TOPIC)
    }
}

/// A random direction, with most of its length in the first few dozen dimensions as embeddings have it.
fn direction(random: &mut StdRng) -> Vec<f32> {
    let vector = (0..DIMENSION).map(|at| {
        let normal: f32 = (0..4).map(|_| random.random_range(-1.0..1.0f32)).sum();
        normal / (1.0 + at as f32 / 64.0)
    });
    unit(vector.collect())
}

fn add(vector: &[f32], direction: &[f32], length: f32) -> Vec<f32> {
    unit(vector.iter().zip(direction).map(|(value, step)| value + length * step).collect())
}

fn unit(mut vector: Vec<f32>) -> Vec<f32> {
    let length = vector.iter().map(|value| value * value).sum::<f32>().sqrt();
    vector.iter_mut().for_each(|value| *value /= length);
    vector
}
