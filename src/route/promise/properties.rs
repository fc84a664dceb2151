//! What holds for every stream of evidence, however odd or hostile.

use proptest::prelude::*;

use super::simulation::{Random, shadow};
use super::*;

fn odd() -> impl Strategy<Value = f64> {
    prop_oneof![
        Just(f64::NAN),
        Just(f64::INFINITY),
        Just(f64::NEG_INFINITY),
        Just(0.0),
        Just(-1.0),
        Just(1.0),
        Just(f64::MAX),
        any::<f64>(),
        0.0..1.0,
    ]
}

fn source() -> impl Strategy<Value = Source> {
    prop_oneof![6 => Just(Source::Shadow), 1 => Just(Source::Feedback), 1 => Just(Source::Escalation)]
}

fn evidence() -> impl Strategy<Value = Evidence> {
    (prop::array::uniform2(0.0f32..1.0), 0..2usize, 0.0..1.0, 1.0..50.0, source()).prop_map(
        |(losses, tier, lower_score, weight, source)| Evidence {
            estimates: Estimates::new(&losses),
            tier,
            lower_score,
            frontier_score: 1.0,
            weight,
            at: 0.0,
            source,
        },
    )
}

fn two_tiers() -> Settings {
    Settings { lower_tiers: 2, half_life_outcomes: 100.0, ..Settings::default() }
}

fn tell(promise: &mut Promise, evidence: &Evidence) {
    promise.observe(&evidence.estimates, evidence.at);
    promise.learn(evidence);
}

fn assert_sound(report: &Report) {
    let share = report.frontier_share;
    assert!((0.0..=1.0).contains(&report.threshold), "{report:?}");
    assert!(0.0 <= share.low && share.low <= share.value, "{report:?}");
    assert!(share.value <= share.high && share.high <= 1.0, "{report:?}");
    if let Some(quality) = report.quality {
        assert!(quality.low <= quality.value && quality.value <= quality.high, "{report:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn more_quality_is_never_a_higher_threshold(
        stream in prop::collection::vec(evidence(), 0..300),
        mut asked in prop::collection::vec(0.0..1.0, 2..20),
        prior_threshold in 0.0..1.0,
        quality in 0.1..0.99,
    ) {
        let aim = Aim::Quality(quality);
        let mut promise = Promise::new(Settings { aim, prior_threshold, ..two_tiers() });
        stream.iter().for_each(|evidence| tell(&mut promise, evidence));
        asked.sort_by(f64::total_cmp);
        let thresholds: Vec<f64> = asked.iter().map(|&asked| promise.threshold_for(asked)).collect();
        prop_assert!(thresholds.is_sorted_by(|lax, strict| lax >= strict), "{:?}", thresholds);
        for (threshold, asked) in thresholds.iter().zip(&asked) {
            let (lax, strict) = (*threshold >= promise.threshold(), *threshold <= promise.threshold());
            let fits = if *asked <= quality { lax } else { strict };
            prop_assert!(fits, "{} for {}", threshold, asked);
        }
        prop_assert_eq!(promise.threshold_for(1.0), 0.0);
    }

    #[test]
    fn a_restored_promise_goes_on_as_if_nothing_had_happened(
        before in prop::collection::vec(evidence(), 0..200),
        after in prop::collection::vec(evidence(), 0..60),
    ) {
        let mut promise = Promise::new(two_tiers());
        before.iter().for_each(|evidence| tell(&mut promise, evidence));
        let stored = serde_json::to_string(&promise.snapshot()).unwrap();
        prop_assert!(Promise::restore(two_tiers(), serde_json::from_str(&stored).unwrap()).is_ok());
        let mut again = Promise::restore(two_tiers(), promise.snapshot()).unwrap();
        for evidence in &after {
            tell(&mut promise, evidence);
            tell(&mut again, evidence);
        }
        prop_assert_eq!(again.report(), promise.report());
        prop_assert_eq!(again.snapshot(), promise.snapshot());
    }

    #[test]
    fn no_input_does_harm(
        numbers in prop::collection::vec((odd(), odd(), odd(), odd(), 0..4usize, source()), 0..150),
        set in prop::array::uniform9(odd()),
        aims in 0..4u8,
    ) {
        let [aim, prior_threshold, confidence, least_outcomes, half_life_outcomes, half_life_seconds, shadow_share, shadow_cap, complaint_cap] = set;
        let aim = match aims {
            0 => Aim::Quality(aim),
            1 => Aim::FrontierShare(aim),
            2 => Aim::Threshold(aim),
            _ => Aim::Spend { nano_usd_per_day: aim as u64 },
        };
        let settings = Settings {
            aim, lower_tiers: 2, prior_threshold, confidence, least_outcomes, half_life_outcomes,
            half_life_seconds, shadow_share, shadow_cap, complaint_cap,
        };
        let mut promise = Promise::new(settings);
        for (one, two, three, at, tier, source) in numbers {
            let estimates = Estimates::new(&[one as f32, two as f32]);
            promise.observe(&estimates, at);
            promise.spent(tier, three as u64, at);
            if let Some(Comparison { tier, weight }) = promise.wants_shadow(&estimates, three.fract()) {
                prop_assert!(tier < 2 && (1.0..=50.0).contains(&weight));
            }
            promise.learn(&Evidence {
                estimates, tier, lower_score: one, frontier_score: two, weight: three, at, source,
            });
            prop_assert!((0.0..=1.0).contains(&promise.threshold_for(two)));
        }
        assert_sound(&promise.report());
        prop_assert!(Promise::restore(two_tiers(), promise.snapshot()).is_ok());
    }
}

/// A promise with 500 outcomes of calibrated estimates.
fn settled(settings: Settings) -> Promise {
    let (mut promise, mut random) = (Promise::new(settings), Random::new(5));
    for index in 0..1000 {
        let estimates = Estimates::new(&[(random.uniform() * 0.4) as f32]);
        promise.observe(&estimates, f64::from(index));
        let lost = f64::from(u8::from(random.uniform() < f64::from(estimates.losses()[0])));
        if index % 2 == 0 {
            promise.learn(&shadow(estimates, 0, lost, 2.0, f64::from(index)));
        }
    }
    promise
}

fn feedback(promise: &mut Promise, lower_score: f64) {
    for index in 0..2000 {
        promise.learn(&Evidence {
            lower_score,
            source: if index % 2 == 0 { Source::Feedback } else { Source::Escalation },
            ..shadow(Estimates::new(&[(index % 40) as f32 * 0.01]), 0, 0.0, 1e9, 1000.0)
        });
    }
}

#[test]
fn praise_does_nothing_and_complaints_do_no_more_than_the_cap_allows() {
    let settings = Settings::default();
    let (plain, mut praised, mut blamed) =
        (settled(settings.clone()), settled(settings.clone()), settled(settings.clone()));
    assert_eq!(plain.report().state, Some(State::Proven));
    feedback(&mut praised, 1.0);
    feedback(&mut blamed, 0.0);
    assert_eq!(praised.threshold(), plain.threshold());
    assert!(blamed.threshold() < plain.threshold());
    // 95 % become 96 %, and a little for the deadband.
    let strict = settled(Settings { aim: Aim::Quality(0.9612), ..settings });
    assert!(blamed.threshold() >= strict.threshold() && strict.threshold() > 0.0);
}

#[test]
fn who_calls_everything_bad_only_sends_it_to_the_frontier() {
    for prior_threshold in [0.0, 0.5] {
        let mut promise = Promise::new(Settings { prior_threshold, ..Settings::default() });
        let mut random = Random::new(9);
        let (mut until_closed, mut compared) = (None, 0.0);
        for index in 0..5000 {
            let estimates = Estimates::new(&[random.uniform() as f32]);
            promise.observe(&estimates, f64::from(index));
            if let Some(Comparison { tier, weight }) =
                promise.wants_shadow(&estimates, random.uniform())
            {
                compared += 1.0;
                promise.learn(&shadow(estimates, tier, 1.0, weight, f64::from(index)));
            }
            until_closed = until_closed.or((promise.threshold() == 0.0).then_some(index));
        }
        let report = promise.report();
        assert_eq!((report.threshold, report.state), (0.0, Some(State::Closed)));
        assert_eq!(report.outcomes_needed, None, "out of reach");
        assert!(until_closed.is_some_and(|index| index < 250), "{until_closed:?}");
        assert!(compared < 900.0, "{compared}");
    }
}

#[test]
fn the_prior_threshold_holds_until_evidence_says_otherwise() {
    let settings = Settings { prior_threshold: 0.3, ..Settings::default() };
    let run = |lost: f64, outcomes: usize| {
        let mut promise = Promise::new(settings.clone());
        for index in 0..300 {
            let estimates = Estimates::new(&[index as f32 / 300.0]);
            promise.observe(&estimates, 0.0);
        }
        for index in 0..outcomes {
            let estimates = Estimates::new(&[(index * 7 % 10) as f32 / 10.0]);
            promise.learn(&shadow(estimates, 0, lost, 1.0, 0.0));
        }
        promise.report()
    };
    for (lost, outcomes, prior_holds, state) in [
        (0.0, 0, true, State::Unproven),
        (0.0, 50, true, State::Unproven),
        (1.0, 5, true, State::Unproven),
        (1.0, 20, false, State::Unproven),
        (1.0, 80, false, State::Closed),
        (0.0, 80, false, State::Proven),
    ] {
        let report = run(lost, outcomes);
        assert_eq!(report.threshold == 0.3, prior_holds, "{lost} {outcomes} {report:?}");
        assert_eq!(report.state, Some(state), "{lost} {outcomes}");
    }
    assert!(run(0.0, 50).outcomes_needed.is_some_and(|needed| (10..=11).contains(&needed)));
}

#[test]
fn a_new_aim_takes_effect_on_restore() {
    let snapshot = settled(Settings::default()).snapshot();
    let stricter = Settings { aim: Aim::Quality(0.98), ..Settings::default() };
    let restored = Promise::restore(stricter, snapshot.clone()).unwrap();
    let same = Promise::restore(Settings::default(), snapshot.clone()).unwrap();
    assert!(restored.threshold() < same.threshold());
    let more_tiers = Settings { lower_tiers: 2, ..Settings::default() };
    assert!(Promise::restore(more_tiers, snapshot).is_err());
}

#[test]
fn a_damaged_snapshot_is_refused() {
    let json = serde_json::to_string(&settled(Settings::default()).snapshot()).unwrap();
    for (from, to) in [
        ("\"weight\":2.0", "\"weight\":-2.0"),
        ("\"seen\":500", "\"seen\":5"),
        ("\"served\":", "\"served\":9"),
    ] {
        assert!(json.contains(from), "{from}");
        let damaged = serde_json::from_str(&json.replacen(from, to, 1)).unwrap();
        assert!(Promise::restore(Settings::default(), damaged).is_err(), "{to}");
    }
}
