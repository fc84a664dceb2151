//! The whole question: what each policy would have served, what a budget allows, and whether that holds on other requests.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};

use super::{
    Watch,
    counts::{Counts, Measures},
    policy::Policy,
    simulate::{Score, Served, Threshold, simulate},
    split::{Part, halves},
    stream::Stream,
    sweep::{self, Chosen, Sweep, is_within},
};
use crate::eval::{summary::Kind, trace::Label};

/// What is asked.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The error budget: the largest share of wrong ones among the answers served by meaning.
    pub max_wrong: f64,
    /// Decides the random split.
    pub seed: u64,
    /// The policies to compare.
    pub policies: Vec<Policy>,
    /// How many wrong hits are listed with their questions, which are private; 0 lists none.
    pub wrong_hits: usize,
}

/// What came of it. Its JSON form is stable.
#[derive(Debug, Clone, Serialize)]
pub struct Study {
    /// Requests replayed.
    pub requests: u64,
    /// Different requests among them.
    pub distinct_requests: u64,
    /// Requests with a label.
    pub labelled: u64,
    /// Requests with a logged answer.
    pub answered: u64,
    /// Time of the first request, where the log has times.
    pub from: Option<String>,
    /// Time of the last one.
    pub until: Option<String>,
    /// The error budget.
    pub max_wrong: f64,
    /// The seed of the random split.
    pub seed: u64,
    /// What a cache without meaning would have done.
    pub exact: Measures,
    /// What is recommended; `None` when there is too little evidence for any matching by meaning.
    pub choice: Option<Choice>,
    /// The policies that were asked for.
    pub policies: Vec<PolicyRow>,
    /// Precision by share of requests answered by meaning, over all thresholds.
    pub curves: Vec<Curve>,
    /// Hit rates by budget.
    pub budgets: Vec<BudgetRow>,
    /// Thresholds chosen on one half and measured on the other.
    pub splits: Vec<SplitRow>,
    /// Wrong hits of the recommendation, the most confident first; empty unless they were asked for.
    pub wrong_hits: Vec<WrongHit>,
}

/// A threshold and what it would have done.
#[derive(Debug, Clone, Serialize)]
pub struct Choice {
    /// The threshold.
    #[serde(flatten)]
    pub threshold: Threshold,
    /// What it would have done.
    pub measures: Measures,
}

/// What one policy would have done.
#[derive(Debug, Clone, Serialize)]
pub struct PolicyRow {
    /// Its name.
    #[serde(serialize_with = "named")]
    pub policy: Policy,
    /// Its rule in words.
    pub rule: String,
    /// Its threshold; `None` when it serves exact repeats only.
    pub threshold: Option<Threshold>,
    /// What it would have done.
    pub measures: Measures,
    /// The same by kind of request.
    pub kinds: BTreeMap<String, Kind>,
}

/// Precision against the share of requests answered by meaning, over all thresholds of one score.
#[derive(Debug, Clone, Serialize)]
pub struct Curve {
    /// What the thresholds apply to.
    pub score: Score,
    /// From the strictest threshold to the laxest.
    pub points: Vec<CurvePoint>,
}

/// One threshold of a curve.
#[derive(Debug, Clone, Serialize)]
pub struct CurvePoint {
    /// The threshold.
    pub threshold: f32,
    /// What it would have done.
    pub measures: Measures,
}

/// What a budget allows.
#[derive(Debug, Clone, Serialize)]
pub struct BudgetRow {
    /// The budget.
    pub budget: f64,
    /// Confidence, the best threshold in hindsight.
    pub confidence: Option<Choice>,
    /// Cosine, the best threshold in hindsight.
    pub cosine: Option<Choice>,
    /// Confidence, the threshold that the evidence supports.
    pub supported: Option<Choice>,
}

/// A threshold that was chosen on one half and measured on the other.
#[derive(Debug, Clone, Serialize)]
pub struct SplitRow {
    /// `random` or `chronological`.
    pub split: &'static str,
    /// The threshold; `None`: too little evidence in the first half.
    pub threshold: Option<Threshold>,
    /// On the half on which it was chosen.
    pub chosen_on: Measures,
    /// On the other half.
    pub measured_on: Measures,
}

/// A wrong answer that would have been served.
#[derive(Debug, Clone, Serialize)]
pub struct WrongHit {
    /// What was asked.
    pub question: String,
    /// What the served answer was an answer to.
    pub answered_as: String,
    /// The score that decided.
    pub score: f32,
    /// Where the request stands, `FILE:LINE`.
    pub place: String,
    /// Where the other one stands.
    pub answered_as_place: String,
    /// What kind of request it is.
    pub kind: Option<String>,
}

fn named<S: Serializer>(policy: &Policy, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(policy)
}

/// The budgets of the table, besides the one asked for.
const BUDGETS: [f64; 4] = [0.005, 0.01, 0.02, 0.05];

/// Answers the question for a stream.
pub fn study(stream: &Stream<'_>, settings: &Settings, watch: &dyn Watch) -> Study {
    let Settings { max_wrong, seed, ref policies, wrong_hits } = *settings;
    let halves = halves(stream.records.len(), seed);
    let confidence = Sweep::run(stream, Score::Confidence, &halves, watch);
    let cosine = Sweep::run(stream, Score::Cosine, &halves, watch);
    let exact = sweep::counts(stream, None, &halves);
    let price = stream.options.embedding_price;
    let choice = |chosen: Chosen| Choice {
        threshold: chosen.threshold,
        measures: chosen.counts[Part::Whole.index()].measures(price),
    };
    let chosen = confidence.choose(Part::Whole, max_wrong, is_within);
    let mut budgets = BUDGETS.to_vec();
    if !budgets.contains(&max_wrong) {
        budgets.push(max_wrong);
        budgets.sort_by(f64::total_cmp);
    }
    let times = || stream.records.iter().filter_map(|record| record.at);
    Study {
        requests: stream.records.len() as u64,
        distinct_requests: stream.distinct as u64,
        labelled: count(stream, |record| record.label != Label::Unknown),
        answered: count(stream, |record| record.answer.is_some()),
        from: times().min().map(|time| time.to_string()),
        until: times().max().map(|time| time.to_string()),
        max_wrong,
        seed,
        // Exact repeats embed nothing: no question is compared.
        exact: exact[Part::Whole.index()].measures(0),
        choice: chosen.map(choice),
        policies: policies
            .iter()
            .map(|policy| policy_row(stream, *policy, chosen.map(|chosen| chosen.threshold)))
            .collect(),
        curves: [&confidence, &cosine].map(|sweep| curve(sweep, price)).to_vec(),
        budgets: budgets
            .into_iter()
            .map(|budget| BudgetRow {
                budget,
                confidence: confidence.choose(Part::Whole, budget, observed).map(choice),
                cosine: cosine.choose(Part::Whole, budget, observed).map(choice),
                supported: confidence.choose(Part::Whole, budget, is_within).map(choice),
            })
            .collect(),
        splits: [
            ("random", Part::RandomFirst, Part::RandomSecond),
            ("chronological", Part::Earlier, Part::Later),
        ]
        .map(|(split, first, second)| {
            let chosen = confidence.choose(first, max_wrong, is_within);
            let counts = chosen.map_or(exact, |chosen| chosen.counts);
            SplitRow {
                split,
                threshold: chosen.map(|chosen| chosen.threshold),
                chosen_on: counts[first.index()].measures(price),
                measured_on: counts[second.index()].measures(price),
            }
        })
        .to_vec(),
        wrong_hits: chosen
            .map(|chosen| listed(stream, chosen.threshold, wrong_hits))
            .unwrap_or_default(),
    }
}

/// Whether the observed share keeps the budget, whatever the evidence.
fn observed(wrong: u64, judged: u64, budget: f64) -> bool {
    judged > 0 && wrong as f64 <= budget * judged as f64
}

fn count(stream: &Stream<'_>, is: impl Fn(&crate::eval::logs::Record) -> bool) -> u64 {
    stream.records.iter().filter(|record| is(record)).count() as u64
}

fn curve(sweep: &Sweep, price: u64) -> Curve {
    let point = |(threshold, counts): &(f32, [Counts; 5])| CurvePoint {
        threshold: *threshold,
        measures: counts[Part::Whole.index()].measures(price),
    };
    Curve { score: sweep.score, points: sweep.points.iter().map(point).collect() }
}

/// One policy; ours with the threshold that was chosen.
fn policy_row(stream: &Stream<'_>, policy: Policy, chosen: Option<Threshold>) -> PolicyRow {
    let threshold = if policy == Policy::Scrimp { chosen } else { policy.threshold() };
    let mut total = Counts::default();
    let mut kinds: BTreeMap<String, Kind> = BTreeMap::new();
    for (index, served) in simulate(stream, threshold).into_iter().enumerate() {
        let mut one = Counts::default();
        one.add(stream, index, served);
        if let Some(kind) = &stream.records[index].kind {
            let kind = kinds.entry(kind.clone()).or_default();
            kind.requests += 1;
            kind.exact += one.exact;
            kind.semantic += one.semantic;
            kind.wrong += one.wrong;
        }
        total += one;
    }
    let price = if threshold.is_some() { stream.options.embedding_price } else { 0 };
    PolicyRow { policy, rule: policy.rule(), threshold, measures: total.measures(price), kinds }
}

/// The wrong hits with the highest scores.
fn listed(stream: &Stream<'_>, threshold: Threshold, most: usize) -> Vec<WrongHit> {
    if most == 0 {
        return Vec::new();
    }
    let mut wrong: Vec<(f32, usize, u32)> = simulate(stream, Some(threshold))
        .into_iter()
        .enumerate()
        .filter_map(|(index, served)| match served {
            Served::Semantic { by, score } => Some((score, index, by)),
            _ => None,
        })
        .filter(|(_, index, by)| stream.truth.is_right(*index as u32, *by) == Some(false))
        .collect();
    wrong.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    let hit = |(score, index, by): (f32, usize, u32)| {
        let (asked, other) = (&stream.records[index], &stream.records[by as usize]);
        WrongHit {
            question: asked.question.clone(),
            answered_as: other.question.clone(),
            score,
            place: asked.place.clone(),
            answered_as_place: other.place.clone(),
            kind: asked.kind.clone(),
        }
    };
    wrong.into_iter().take(most).map(hit).collect()
}
