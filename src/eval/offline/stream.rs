//! Requests made ready for many replays: who is near whom is known, and who serves whom is worked out once.

use std::{
    collections::{BTreeMap, HashMap},
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use rayon::prelude::*;

use super::{
    Compare, ScoreError, Scorer, Watch,
    nearest::{Asked, nearest_earlier},
    truth::Truth,
};
use crate::{
    cache::{ExactKey, PartitionKey},
    eval::logs::Record,
};

/// How the simulated cache works.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Stored questions that are looked at for each new one (`cache.candidates`).
    pub candidates: usize,
    /// How long an answer is served (`cache.ttl`); only where the log has times.
    pub ttl: Option<Duration>,
    /// What an embedding costs, nano-USD per million tokens; 0 for a local model.
    pub embedding_price: u64,
}

/// The nearest earlier questions that are kept of each: a policy that serves much stores little, so that its candidates lie
/// further down the list.
const NEIGHBOURS: usize = 32;

/// No policy serves a question below this cosine.
pub(super) const FLOOR: f32 = 0.5;

/// A stream of requests, ready to be replayed.
pub struct Stream<'a> {
    /// The requests, in order.
    pub records: &'a [Record],
    /// How the cache works.
    pub options: Options,
    /// Which request each one repeats, as a number in the order of their first appearance.
    pub(super) items: Vec<u32>,
    /// How many different requests there are.
    pub(super) distinct: usize,
    /// The first request with each item.
    firsts: Vec<u32>,
    neighbours: Vec<Vec<Neighbour>>,
    scorer: &'a dyn Scorer,
    /// What is known of answers.
    pub(super) truth: Truth<'a>,
}

/// An earlier question near a later one.
#[derive(Debug)]
pub(super) struct Neighbour {
    /// What it asks.
    pub item: u32,
    /// Cosine similarity.
    pub cosine: f32,
    /// The bits of the confidence, or [`UNKNOWN`]. No lock: a judge may run on the same pool as those who would wait for it.
    confidence: AtomicU32,
}

/// The bits of a number that is none.
const UNKNOWN: u32 = u32::MAX;

impl<'a> Stream<'a> {
    /// Embeds all questions and finds the neighbours of each. `compare` says how wrong one logged answer is in the place of
    /// another, in `[0, 1]`, for requests without labels.
    pub fn prepare(
        records: &'a [Record],
        scorer: &'a dyn Scorer,
        compare: Compare<'a>,
        options: Options,
        watch: &dyn Watch,
    ) -> Result<Self, ScoreError> {
        let (items, firsts) = items(records);
        let vectors = embed(records, scorer, watch)?;
        let mut partitions: BTreeMap<[u8; 32], Vec<Asked<'_>>> = BTreeMap::new();
        for (index, record) in records.iter().enumerate() {
            let matched = record.exact_only.is_none();
            let vector = vectors.get(record.question.as_str()).filter(|_| matched);
            if let Some(vector) = vector.filter(|vector| !vector.is_empty()) {
                let PartitionKey(partition) = record.partition;
                let asked = Asked { record: index as u32, item: items[index], vector };
                partitions.entry(partition).or_default().push(asked);
            }
        }
        watch.begin(
            "comparing questions",
            partitions.values().map(|asked| asked.len() as u64).sum(),
        );
        let mut neighbours: Vec<Vec<Neighbour>> = records.iter().map(|_| Vec::new()).collect();
        for asked in partitions.values() {
            for (record, near) in nearest_earlier(asked, NEIGHBOURS, FLOOR, watch) {
                let neighbour = |near: super::nearest::Near| Neighbour {
                    item: near.item,
                    cosine: near.cosine,
                    confidence: AtomicU32::new(UNKNOWN),
                };
                neighbours[record as usize] = near.into_iter().map(neighbour).collect();
            }
        }
        let truth = Truth::new(records, compare);
        let distinct = firsts.len();
        let stream = Self { records, options, items, distinct, firsts, neighbours, scorer, truth };
        stream.judge_nearest(watch);
        Ok(stream)
    }

    /// The pairs that nearly every replay asks for, judged on all cores; the others when they are asked for.
    fn judge_nearest(&self, watch: &dyn Watch) {
        watch.begin("judging pairs", self.records.len() as u64);
        self.neighbours.par_iter().enumerate().for_each(|(record, neighbours)| {
            for neighbour in neighbours.iter().take(self.options.candidates) {
                self.confidence(record, neighbour);
            }
            watch.advance(1);
        });
    }

    /// The nearest earlier questions of a request, nearest first.
    pub(super) fn neighbours(&self, record: usize) -> &[Neighbour] {
        &self.neighbours[record]
    }

    /// P(the answer to the neighbour serves the request).
    pub(super) fn confidence(&self, record: usize, neighbour: &Neighbour) -> f32 {
        let known = neighbour.confidence.load(Ordering::Relaxed);
        if known != UNKNOWN {
            return f32::from_bits(known);
        }
        let candidate = &self.records[self.firsts[neighbour.item as usize] as usize];
        let question = &self.records[record].question;
        let confidence = self.scorer.confidence(question, &candidate.question, neighbour.cosine);
        neighbour.confidence.store(confidence.to_bits(), Ordering::Relaxed);
        confidence
    }
}

/// The item of each request, and the first request of each item.
fn items(records: &[Record]) -> (Vec<u32>, Vec<u32>) {
    let mut known: HashMap<ExactKey, u32> = HashMap::new();
    let mut firsts = Vec::new();
    let number = |(index, record): (usize, &Record)| {
        *known.entry(record.exact).or_insert_with(|| {
            firsts.push(index as u32);
            firsts.len() as u32 - 1
        })
    };
    let items = records.iter().enumerate().map(number).collect();
    (items, firsts)
}

/// The vectors of all different questions.
fn embed<'a>(
    records: &'a [Record],
    scorer: &dyn Scorer,
    watch: &dyn Watch,
) -> Result<HashMap<&'a str, Vec<f32>>, ScoreError> {
    let mut seen = std::collections::HashSet::new();
    let matched = records.iter().filter(|record| record.exact_only.is_none());
    let questions: Vec<&str> =
        matched.map(|record| record.question.as_str()).filter(|text| seen.insert(*text)).collect();
    let texts: Vec<String> = questions.iter().map(|text| (*text).to_owned()).collect();
    watch.begin("embedding questions", texts.len() as u64);
    let vectors = scorer.embed(&texts, &|done| watch.advance(done as u64))?;
    Ok(questions.into_iter().zip(vectors).collect())
}
