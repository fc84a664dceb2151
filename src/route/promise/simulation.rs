//! Streams of requests with known truth: the promise is kept in the long run, and few frontier calls are spent on it.

use super::*;

/// SplitMix64 (Steele, Lea and Flood 2014).
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0xD134_2543_DE82_EF95))
    }

    /// Uniform in 0–1, 1 excluded.
    pub(super) fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Standard normal (Box and Muller 1958).
    fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.uniform()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.uniform()).cos()
    }
}

/// How the truth goes with the estimates, and how that changes in the middle of a stream.
#[derive(Debug, Clone, Copy)]
enum Course {
    /// The estimates are calibrated.
    Steady,
    /// The log odds of a loss are half of what the estimate says: it is overconfident.
    Overconfident,
    /// The log odds of a loss rise by 0.8.
    Worse,
    /// They rise by as much little by little.
    Gradual,
    /// Every request is lost on the lower tier.
    Broken,
}

/// Seconds between two requests.
const STEP: f64 = 20.0;
const REQUESTS: usize = 8000;
const STREAMS: u64 = 4;

fn logistic(odds: f64) -> f64 {
    1.0 / (1.0 + (-odds).exp())
}

impl Course {
    /// P(loss) where the estimate has these log odds, after this part of the stream.
    fn loss(self, odds: f64, part: f64) -> f64 {
        let late = part >= 0.5;
        match self {
            Self::Steady => logistic(odds),
            Self::Overconfident => logistic(-0.6 + 0.5 * odds),
            Self::Worse => logistic(odds + if late { 0.8 } else { 0.0 }),
            Self::Gradual => logistic(odds + 0.8 * part),
            Self::Broken => f64::from(u8::from(late)).max(logistic(odds)),
        }
    }
}

/// What became of a stream.
#[derive(Debug, Default)]
struct Outcome {
    /// Lost ÷ all.
    lost: f64,
    /// The same in the last quarter.
    late: f64,
    frontier: f64,
    /// Frontier share of the fixed threshold that keeps the aim in this stream and is best in hindsight.
    best: f64,
    compared: f64,
    falls: u64,
}

const QUALITY: f64 = 0.95;

fn run(settings: Settings, course: Course, seed: u64) -> Outcome {
    let mut random = Random::new(seed + 1);
    let mut promise = Promise::new(settings);
    let (mut outcome, mut truth) = (Outcome::default(), Vec::with_capacity(REQUESTS));
    let one = 1.0 / REQUESTS as f64;
    for index in 0..REQUESTS {
        let (part, at) = (index as f64 * one, index as f64 * STEP);
        let odds = -1.5 + random.normal();
        let estimate = logistic(odds) as f32;
        let estimates = Estimates::new(&[estimate]);
        let lost = if random.uniform() < course.loss(odds, part) { 1.0 } else { 0.0 };
        promise.observe(&estimates, at);
        if estimates.choose(promise.threshold()) == 0 {
            outcome.lost += lost * one;
            outcome.late += if part >= 0.75 { 4.0 * lost * one } else { 0.0 };
        } else {
            outcome.frontier += one;
        }
        if let Some(Comparison { tier, weight }) =
            promise.wants_shadow(&estimates, random.uniform())
        {
            outcome.compared += one;
            promise.learn(&shadow(estimates, tier, lost, weight, at));
        }
        truth.push((estimate, lost));
    }
    outcome.best = best(truth);
    outcome.falls = promise.report().falls;
    outcome
}

fn best(mut truth: Vec<(f32, f64)>) -> f64 {
    truth.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (all, mut lost, mut kept) = (truth.len() as f64, 0.0, 0.0);
    for (count, (_, loss)) in (1..).map(f64::from).zip(&truth) {
        lost += loss;
        if lost <= (1.0 - QUALITY) * all {
            kept = count;
        }
    }
    1.0 - kept / all
}

pub(super) fn shadow(
    estimates: Estimates,
    tier: usize,
    lost: f64,
    weight: f64,
    at: f64,
) -> Evidence {
    let (lower_score, frontier_score, source) = (1.0 - lost, 1.0, Source::Shadow);
    Evidence { estimates, tier, lower_score, frontier_score, weight, at, source }
}

/// What became of many streams.
#[derive(Debug)]
struct Tally {
    /// Share of streams that lost no more than was promised.
    kept: f64,
    /// The largest loss of a stream.
    worst: f64,
    /// And in a last quarter.
    worst_late: f64,
    /// Frontier calls ÷ those of the best thresholds in hindsight.
    frontier: f64,
    compared: f64,
    falls: u64,
}

fn tally(course: Course, settings: &Settings) -> Tally {
    let outcomes: Vec<Outcome> =
        (0..STREAMS).map(|seed| run(settings.clone(), course, seed)).collect();
    let mean = |value: &dyn Fn(&Outcome) -> f64| {
        outcomes.iter().map(value).sum::<f64>() / outcomes.len() as f64
    };
    let largest = |value: &dyn Fn(&Outcome) -> f64| outcomes.iter().map(value).fold(0.0, f64::max);
    Tally {
        kept: mean(&|outcome| f64::from(u8::from(outcome.lost <= 1.0 - QUALITY))),
        worst: largest(&|outcome| outcome.lost),
        worst_late: largest(&|outcome| outcome.late),
        frontier: mean(&|outcome| outcome.frontier) / mean(&|outcome| outcome.best),
        compared: mean(&|outcome| outcome.compared),
        falls: outcomes.iter().map(|outcome| outcome.falls).sum(),
    }
}

/// The long run, with a look at the threshold after nearly every outcome.
#[test]
fn the_promise_is_kept_in_steady_traffic_and_few_frontier_calls_are_spent_on_it() {
    for course in [Course::Steady, Course::Overconfident] {
        let tally = tally(course, &Settings::default());
        assert!(tally.kept >= 0.8 && tally.worst <= 0.055, "{course:?}: {tally:?}");
        assert!(tally.frontier <= 1.25 && tally.compared <= 0.11, "{course:?}: {tally:?}");
    }
}

#[test]
fn the_promise_is_nearly_kept_when_quality_falls() {
    for course in [Course::Worse, Course::Gradual] {
        let tally = tally(course, &Settings::default());
        assert!(tally.worst <= 0.06 && tally.worst_late <= 0.075, "{course:?}: {tally:?}");
        assert!(tally.frontier <= 1.2, "{course:?}: {tally:?}");
    }
}

#[test]
fn a_tier_that_breaks_is_given_up() {
    let tally = tally(Course::Broken, &Settings::default());
    assert!(tally.falls >= STREAMS && tally.worst_late <= 0.01, "{tally:?}");
    assert!(tally.worst <= 0.055, "{tally:?}");
}

#[test]
fn two_lower_tiers_keep_the_promise_and_the_interval_holds_the_truth() {
    let settings = Settings { lower_tiers: 2, shadow_cap: 0.4, ..Settings::default() };
    let mut covered = 0;
    for seed in 0..10 {
        let mut random = Random::new(seed + 1);
        let mut promise = Promise::new(settings.clone());
        let request = |random: &mut Random| {
            let odds = -1.3 + random.normal();
            // The middle tier's losses are those of the cheap one, and fewer.
            let (chances, draw) = ([logistic(odds), logistic(odds - 1.0)], random.uniform());
            let lost = chances.map(|chance| f64::from(u8::from(draw < chance)));
            (Estimates::new(&chances.map(|chance| chance as f32)), lost)
        };
        for index in 0..4000 {
            let (estimates, lost) = request(&mut random);
            promise.observe(&estimates, f64::from(index));
            if let Some(Comparison { tier, weight }) =
                promise.wants_shadow(&estimates, random.uniform())
            {
                promise.learn(&shadow(estimates, tier, lost[tier], weight, f64::from(index)));
            }
        }
        let (threshold, mut all) = (promise.threshold(), 0.0);
        for _ in 0..40_000 {
            let (estimates, lost) = request(&mut random);
            all += lost.get(estimates.choose(threshold)).copied().unwrap_or_default() / 40_000.0;
        }
        let report = promise.report();
        assert!(report.state == Some(State::Proven) && all <= 0.06, "{all} {report:?}");
        let quality = report.quality.unwrap();
        covered += u32::from(quality.low <= 1.0 - all && 1.0 - all <= quality.high);
    }
    assert!(covered >= 8, "{covered}");
}

#[test]
fn a_frontier_share_follows_the_traffic() {
    let aim = Aim::FrontierShare(0.3);
    let mut promise = Promise::new(Settings { aim, prior_threshold: 0.9, ..Settings::default() });
    assert_eq!(promise.threshold(), 0.9, "before traffic is known");
    let mut random = Random::new(1);
    for shift in [0.0, 0.3] {
        let mut frontier: f64 = 0.0;
        for index in 0..4000 {
            let estimates = Estimates::new(&[(random.uniform() * 0.5 + shift) as f32]);
            promise.observe(&estimates, f64::from(index));
            let chosen = estimates.choose(promise.threshold()) == 1;
            frontier += if index >= 3000 && chosen { 1e-3 } else { 0.0 };
        }
        // After the shift the window still holds a seventh of the requests from before it.
        assert!((frontier - 0.3).abs() < 0.08, "{frontier}");
        let share = promise.report().frontier_share;
        assert!((share.value - 0.3).abs() < 0.01 && share.high - share.low < 0.06, "{share:?}");
    }
}

#[test]
fn a_budget_lasts_for_the_day_and_is_used() {
    let (cheap, dear, requests) = (10_000, 600_000, 8000);
    // Enough for 40 % at the frontier.
    let nano_usd_per_day = requests * (cheap * 6 + dear * 4) / 10;
    let aim = Aim::Spend { nano_usd_per_day };
    let mut promise = Promise::new(Settings { aim, prior_threshold: 0.5, ..Settings::default() });
    let mut random = Random::new(3);
    let day = 86_400.0;
    for today in 0..3 {
        let (mut spent, mut late) = (0, 0);
        for index in 0..requests {
            // Twice as many in the first half of the day.
            let part = index as f64 / requests as f64;
            let hour = if part < 2.0 / 3.0 { part * 0.75 } else { part * 1.5 - 0.5 };
            let at = (f64::from(today) + hour) * day;
            let estimates = Estimates::new(&[random.uniform() as f32]);
            promise.observe(&estimates, at);
            let tier = estimates.choose(promise.threshold());
            let cost = if tier == 0 { cheap } else { dear };
            promise.spent(tier, cost, at);
            spent += cost;
            late += u32::from(tier == 1 && part >= 0.9);
        }
        let part = spent as f64 / nano_usd_per_day as f64;
        assert!(part <= 1.001, "{part}");
        assert!(today == 0 || part >= 0.95 && late > 100, "{part} {late}");
        let spending = promise.report().spending.unwrap();
        assert_eq!(spending.spent_nano_usd, spent);
    }
}

#[test]
fn a_spent_budget_leaves_the_lower_tiers() {
    let aim = Aim::Spend { nano_usd_per_day: 1000 };
    let mut promise = Promise::new(Settings { aim, prior_threshold: 0.2, ..Settings::default() });
    promise.spent(1, 1000, 50.0);
    assert_eq!(promise.threshold(), 1.0);
    assert_eq!(promise.report().spending.unwrap().spent_nano_usd, 1000);
}
