//! Streams of requests with known truth: the budget holds, and few hits are given away for it.

use std::sync::Arc;

use super::*;

const STREAMS: u64 = 200;
const REQUESTS: usize = 20_000;
const BUDGETS: [f64; 4] = [0.005, 0.01, 0.02, 0.05];

/// SplitMix64 (Steele, Lea and Flood 2014).
struct Random(u64);

impl Random {
    fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0xD134_2543_DE82_EF95))
    }

    /// Uniform in 0–1, 1 excluded.
    fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }

    fn happens(&mut self, share: f64) -> bool {
        self.uniform() < share
    }

    /// Standard normal (Box and Muller 1958).
    fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.uniform()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.uniform()).cos()
    }
}

/// What arrives at one time.
#[derive(Clone, Copy)]
struct Traffic {
    /// Share of requests with a candidate that is wrong.
    different: f64,
    /// By how much the log odds of these are higher than the calibration data has them.
    shift: f64,
    /// Share of these that nothing tells from the right ones.
    alike: f64,
}

/// Share of requests with a candidate that is right.
const SAME: f64 = 0.40;
/// As the calibration data was drawn.
const USUAL: Traffic = Traffic { different: 0.45, shift: 0.0, alike: 0.0 };
/// Distance between right and wrong candidates, in standard deviations.
const DISTANCE: f64 = 3.0;

/// A candidate: its score, and whether it is wrong.
type Candidate = (f64, bool);

impl Traffic {
    /// The log odds of right and of wrong candidates are normal, so that in usual traffic the score is P(right): for 77 % of the
    /// right ones above 0.9, for 95 % of the wrong ones below 0.6, and for one in 800 of these above 0.99.
    fn candidate(self, random: &mut Random) -> Option<Candidate> {
        let kind = random.uniform();
        if kind >= SAME + self.different {
            return None;
        }
        let wrong = kind >= SAME;
        let half = DISTANCE * DISTANCE / 2.0;
        let centre = if wrong && !random.happens(self.alike) { self.shift - half } else { half };
        let odds = (SAME / USUAL.different).ln() + centre + DISTANCE * random.normal();
        Some((1.0 / (1.0 + (-odds).exp()), wrong))
    }
}

/// How traffic changes along a stream.
#[derive(Debug, Clone, Copy)]
enum Course {
    Steady,
    /// More wrong candidates from the middle on.
    MoreWrong,
    /// Wrong candidates with higher scores from the middle on.
    HigherScores,
    /// Both, little by little.
    Gradual,
    /// From the middle on, some wrong candidates have the scores of right ones.
    Alike,
    /// That, more so and from the start: calibration data is worth nothing.
    Hopeless,
}

impl Course {
    /// The traffic after this `part` of the stream.
    fn at(self, part: f64) -> Traffic {
        let late = part >= 0.5;
        match self {
            Self::Steady => USUAL,
            Self::MoreWrong => Traffic { different: if late { 0.55 } else { 0.25 }, ..USUAL },
            Self::HigherScores => Traffic { shift: if late { 0.7 } else { -0.7 }, ..USUAL },
            Self::Gradual => {
                Traffic { different: 0.35 + 0.2 * part, shift: 1.4 * part - 0.7, ..USUAL }
            }
            Self::Alike => Traffic { alike: if late { 0.005 } else { 0.0 }, ..USUAL },
            Self::Hopeless => Traffic { alike: 0.03, ..USUAL },
        }
    }

    fn stream(self, random: &mut Random) -> Vec<Candidate> {
        (0..REQUESTS)
            .filter_map(|at| self.at(at as f64 / REQUESTS as f64).candidate(random))
            .collect()
    }
}

/// Calibration data of 20,000 requests that knows of one wrong candidate in `overconfident` only.
fn prior(overconfident: f64) -> Arc<Prior> {
    let mut random = Random::new(77);
    let candidates = (0..20_000).filter_map(|_| USUAL.candidate(&mut random));
    let bins = candidates.map(|(score, wrong)| Breakpoint {
        score,
        n: 1.0,
        wrong: if wrong { 1.0 / overconfident } else { 0.0 },
    });
    Arc::new(Prior::try_from(Table { bins: bins.collect() }).unwrap())
}

#[derive(Debug, Clone, Copy)]
struct Judge {
    false_wrong: f64,
    false_right: f64,
}

const PERFECT: Judge = Judge { false_wrong: 0.0, false_right: 0.0 };
const BIASED: Judge = Judge { false_wrong: 0.01, false_right: 0.1 };

#[derive(Debug, Clone, Copy, Default)]
struct Outcome {
    hits: f64,
    wrong: f64,
    checks: f64,
    /// Hits of the lowest fixed threshold that meets the budget on this stream.
    best: f64,
}

fn run(budget: &mut Budget, stream: &[Candidate], judge: Judge, random: &mut Random) -> Outcome {
    let mut outcome = Outcome::default();
    for &(score, wrong) in stream {
        let said = if wrong {
            !random.happens(judge.false_right)
        } else {
            random.happens(judge.false_wrong)
        };
        let said = f64::from(u8::from(said));
        match handle(budget, (score, said), None, random.uniform()) {
            Verdict::Serve => {
                outcome.hits += 1.0;
                outcome.wrong += f64::from(u8::from(wrong));
            }
            Verdict::Shadow { .. } => outcome.checks += 1.0,
            Verdict::Reject => {}
        }
    }
    outcome
}

/// What a cache does with a candidate whose answer the judge would call `said`.
fn handle(
    budget: &mut Budget,
    (score, said): (f64, f64),
    asked: Option<f64>,
    draw: f64,
) -> Verdict {
    let verdict = budget.decide(score, asked, draw);
    let (weight, source) = match verdict {
        Verdict::Serve => {
            budget.served(score);
            return verdict;
        }
        Verdict::Shadow { weight } => (weight, Source::Shadow),
        Verdict::Reject => (1.0, Source::Miss),
    };
    budget.learn(Label { score, wrong: said, weight, source });
    verdict
}

fn best(stream: &[Candidate], max_wrong: f64) -> f64 {
    let mut stream = stream.to_vec();
    stream.sort_by(|a, b| b.0.total_cmp(&a.0));
    let (mut wrong, mut best) = (0.0, 0.0);
    for (hits, candidate) in (1..).map(f64::from).zip(stream) {
        wrong += f64::from(u8::from(candidate.1));
        if wrong <= max_wrong * hits {
            best = hits;
        }
    }
    best
}

/// What became of many streams.
#[derive(Debug)]
struct Tally {
    /// Share of streams within the budget.
    kept: f64,
    /// Share of streams within 1.25 times the budget.
    nearly: f64,
    /// Hits ÷ those of the best fixed threshold, on average.
    hits: f64,
    /// Wrong hits, on average.
    wrong: f64,
}

/// Runs every course in turn, half of the streams with right calibration data and half with overconfident data.
fn tally(courses: &[Course], judge: Judge, settings: &Settings) -> Tally {
    let priors = [prior(1.0), prior(2.5)];
    let max_wrong = settings.max_wrong;
    let outcomes: Vec<Outcome> = (0..STREAMS)
        .map(|seed| {
            let random = &mut Random::new(seed + 1);
            let stream = courses[seed as usize / 2 % courses.len()].stream(random);
            let mut budget = Budget::new(settings.clone(), priors[seed as usize % 2].clone());
            Outcome { best: best(&stream, max_wrong), ..run(&mut budget, &stream, judge, random) }
        })
        .collect();
    let mean = |value: &dyn Fn(&Outcome) -> f64| {
        outcomes.iter().map(value).sum::<f64>() / outcomes.len() as f64
    };
    let used = |outcome: &Outcome| outcome.wrong / (max_wrong * outcome.hits).max(1e-9);
    let within = |times: f64| mean(&|outcome| f64::from(u8::from(used(outcome) <= times)));
    Tally {
        kept: within(1.0),
        nearly: within(1.25),
        hits: mean(&|outcome| outcome.hits / outcome.best.max(1.0)),
        wrong: mean(&|outcome| outcome.wrong),
    }
}

fn settings(max_wrong: f64) -> Settings {
    Settings { max_wrong, ..Settings::default() }
}

#[test]
fn the_budget_holds_in_steady_traffic_and_most_hits_are_kept() {
    // At 0.5 % a stream allows 23 wrong hits: even who knows the truth keeps no more than 0.86 of the hits if 19 in 20 streams
    // are to stay within the budget.
    for (max_wrong, hits) in BUDGETS.into_iter().zip([0.65, 0.79, 0.84, 0.89]) {
        let tally = tally(&[Course::Steady], PERFECT, &settings(max_wrong));
        assert!(tally.kept >= 0.95 && tally.hits >= hits, "{max_wrong}: {tally:?}");
    }
}

#[test]
fn the_budget_nearly_holds_when_traffic_changes() {
    let courses = [Course::MoreWrong, Course::HigherScores, Course::Gradual];
    for (max_wrong, hits) in BUDGETS.into_iter().zip([0.75, 0.8, 0.8, 0.8]) {
        let tally = tally(&courses, PERFECT, &settings(max_wrong));
        assert!(tally.nearly >= 0.95 && tally.hits >= hits, "{max_wrong}: {tally:?}");
    }
}

#[test]
fn the_budget_nearly_holds_with_a_biased_judge() {
    for max_wrong in BUDGETS {
        let tally = tally(&[Course::Steady], BIASED, &settings(max_wrong));
        assert!(tally.nearly >= 0.95, "{max_wrong}: {tally:?}");
    }
}

#[test]
fn wrong_candidates_that_look_right_are_found_out() {
    // They show in shadow checks alone. Half a percent of the wrong candidates take the budget of 1 % over its mark by half.
    let late = tally(&[Course::Alike], PERFECT, &settings(0.01));
    assert!(late.nearly >= 0.95, "{late:?}");
    // No threshold meets the budget: 3.4 % are wrong at every score. Of about 8,000 candidates that look right, few are served
    // until that is noticed.
    let never = tally(&[Course::Hopeless], PERFECT, &settings(0.01));
    assert!(never.wrong <= 30.0, "{never:?}");
}

#[test]
fn the_budget_of_callers_who_ask_for_less_holds_as_well() {
    let (asked, prior) = (0.005, prior(1.0));
    let kept = (0..STREAMS).filter(|&seed| {
        let random = &mut Random::new(seed + 1);
        let mut budget = Budget::new(settings(0.02), prior.clone());
        let (mut hits, mut wrong) = (0.0, 0.0);
        for (score, is_wrong) in Course::Steady.stream(random) {
            let asked = random.happens(0.5).then_some(asked);
            let said = f64::from(u8::from(is_wrong));
            let verdict = handle(&mut budget, (score, said), asked, random.uniform());
            if asked.is_some() && verdict == Verdict::Serve {
                hits += 1.0;
                wrong += said;
            }
        }
        wrong <= asked * hits
    });
    let kept = kept.count() as f64 / STREAMS as f64;
    assert!(kept >= 0.95, "{kept}");
}

#[test]
fn the_reported_interval_covers_the_truth() {
    let prior = prior(1.0);
    let covered = (0..STREAMS).filter(|&seed| {
        let random = &mut Random::new(seed + 1);
        let stream = Course::Steady.stream(random);
        let mut budget = Budget::new(settings(0.02), prior.clone());
        let outcome = run(&mut budget, &stream, PERFECT, random);
        let report = budget.report();
        (report.low..=report.high).contains(&(outcome.wrong / outcome.hits))
    });
    let covered = covered.count() as f64 / STREAMS as f64;
    assert!(covered >= 0.95, "{covered}");
}
