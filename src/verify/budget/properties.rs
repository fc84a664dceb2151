//! What holds for every stream of labels, however odd.

use std::sync::Arc;

use proptest::prelude::*;

use super::*;

fn prior() -> Arc<Prior> {
    let row = |&(score, n, wrong): &(f64, f64, f64)| Breakpoint { score, n, wrong };
    let rows = [
        (0.2, 500.0, 480.0),
        (0.5, 300.0, 150.0),
        (0.8, 300.0, 60.0),
        (0.9, 600.0, 60.0),
        (0.95, 900.0, 45.0),
        (0.99, 1500.0, 15.0),
        (0.999, 1500.0, 1.0),
    ];
    Arc::new(Prior::try_from(Table { bins: rows.iter().map(row).collect() }).unwrap())
}

fn settings(max_wrong: f64) -> Settings {
    // A short half-life, so that short streams fade as well.
    Settings { max_wrong, half_life: 200.0, ..Settings::default() }
}

/// Something that is told to the controller.
#[derive(Debug, Clone, Copy)]
enum Event {
    Served(f64),
    Label(Label),
}

fn tell(budget: &mut Budget, event: Event) {
    match event {
        Event::Served(score) => budget.served(score),
        Event::Label(label) => budget.learn(label),
    }
}

fn score() -> impl Strategy<Value = f64> {
    prop_oneof![0.0..1.0, (0.0..5.0f64).prop_map(|decades| 1.0 - 10f64.powf(-decades))]
}

fn source() -> impl Strategy<Value = Source> {
    prop_oneof![2 => Just(Source::Shadow), 6 => Just(Source::Miss), 1 => Just(Source::Feedback)]
}

fn label() -> impl Strategy<Value = Label> {
    let wrong = prop_oneof![4 => Just(0.0), 1 => Just(1.0), 1 => 0.0..1.0];
    (score(), wrong, 1.0..50.0, source()).prop_map(|(score, wrong, weight, source)| Label {
        score,
        wrong,
        weight,
        source,
    })
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![1 => score().prop_map(Event::Served), 3 => label().prop_map(Event::Label)]
}

fn odd() -> impl Strategy<Value = f64> {
    prop_oneof![
        Just(f64::NAN),
        Just(f64::INFINITY),
        Just(f64::NEG_INFINITY),
        Just(0.0),
        Just(-1.0),
        Just(1.0),
        Just(f64::MIN_POSITIVE),
        Just(f64::MAX),
        any::<f64>(),
        0.0..1.0,
    ]
}

fn assert_sound(report: &Report) {
    let share = |value: f64| (0.0..=1.0).contains(&value);
    assert!(share(report.budget) && share(report.low) && share(report.high), "{report:?}");
    for value in [report.threshold, report.wrong_rate, report.expected, report.bound] {
        assert!(value.is_none_or(share), "{report:?}");
    }
    if let Some(rate) = report.wrong_rate {
        assert!(report.low <= rate && rate <= report.high, "{report:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, ..ProptestConfig::default() })]

    #[test]
    fn wronger_labels_never_lower_the_threshold(
        events in prop::collection::vec((event(), 0.0..1.0, 0..10), 1..400),
        max_wrong in prop_oneof![Just(0.005), Just(0.01), Just(0.05), Just(0.2)],
        confidence in 0.5..0.99,
    ) {
        let settings = Settings { confidence, ..settings(max_wrong) };
        let mut milder = Budget::new(settings.clone(), prior());
        let mut harsher = Budget::new(settings, prior());
        for (event, more, die) in events {
            tell(&mut milder, event);
            tell(&mut harsher, match event {
                Event::Label(label) if die == 0 => Event::Label(Label { wrong: label.wrong.max(more), ..label }),
                other => other,
            });
            prop_assert!(harsher.threshold() >= milder.threshold());
            prop_assert!(harsher.threshold_for(max_wrong / 2.0) >= milder.threshold_for(max_wrong / 2.0));
        }
    }

    #[test]
    fn callers_can_only_tighten(
        events in prop::collection::vec(event(), 0..300),
        mut asked in prop::collection::vec(0.0..1.2, 2..20),
    ) {
        let mut budget = Budget::new(settings(0.05), prior());
        events.into_iter().for_each(|event| tell(&mut budget, event));
        asked.sort_by(f64::total_cmp);
        let thresholds: Vec<f64> = asked.iter().map(|&asked| budget.threshold_for(asked)).collect();
        prop_assert!(thresholds.is_sorted_by(|strict, lax| strict >= lax), "{:?}", thresholds);
        prop_assert!(thresholds.iter().all(|&threshold| threshold >= budget.threshold()));
        prop_assert_eq!(budget.threshold_for(0.05), budget.threshold());
    }

    #[test]
    fn reports_and_snapshots_are_sound(events in prop::collection::vec(event(), 0..300)) {
        let mut budget = Budget::new(settings(0.02), prior());
        for event in events {
            tell(&mut budget, event);
            assert_sound(&budget.report());
        }
        let stored = serde_json::to_string(&budget.snapshot()).unwrap();
        let snapshot = serde_json::from_str(&stored).unwrap();
        let again = Budget::restore(settings(0.02), prior(), snapshot).unwrap();
        let twice = Budget::restore(settings(0.02), prior(), again.snapshot()).unwrap();
        prop_assert_eq!(again.report(), twice.report());
        prop_assert_eq!(again.snapshot(), twice.snapshot());
        prop_assert_eq!(again.report().served, budget.report().served);
    }

    #[test]
    fn no_input_does_harm(
        numbers in prop::collection::vec((odd(), odd(), odd(), source()), 0..200),
        set in prop::array::uniform9(odd()),
    ) {
        let [max_wrong, shadow_share, shadow_floor, shadow_cap, half_life, confidence, prior_margin, false_wrong, false_right] = set;
        let judge = JudgeErrors { false_wrong, false_right };
        let settings = Settings {
            max_wrong, shadow_share, shadow_floor, shadow_cap, half_life, confidence, prior_margin, judge,
        };
        let mut budget = Budget::new(settings, prior());
        for (score, wrong, weight, source) in numbers {
            budget.served(score);
            budget.learn(Label { score, wrong, weight, source });
            prop_assert!(!budget.threshold_for(wrong).is_nan());
            if let Verdict::Shadow { weight } = budget.decide(score, Some(wrong), weight) {
                prop_assert!((1.0..=1000.0).contains(&weight));
            }
            assert_sound(&budget.report());
        }
        prop_assert!(Budget::restore(Settings::default(), prior(), budget.snapshot()).is_ok());
    }
}

#[test]
fn before_evidence_nothing_is_served_beyond_the_prior() {
    for max_wrong in [0.0, 0.001, 0.005, 0.01, 0.02, 0.05] {
        let settings = Settings { max_wrong, ..Settings::default() };
        let first = prior().first_bin(max_wrong, settings.prior_margin);
        let mut budget = Budget::new(settings, prior());
        assert!(budget.threshold() >= bins::edge(first), "{max_wrong}");
        assert_eq!(budget.report().state, State::Prior);
        // Fewer labels than any promise needs, all of them right.
        for _ in 0..(1.0 / max_wrong.max(0.001)) as usize - 2 {
            budget.learn(Label { score: 0.9, wrong: 0.0, weight: 1.0, source: Source::Miss });
            assert!(budget.threshold() >= bins::edge(first), "{max_wrong}");
        }
    }
    let few = Table { bins: vec![Breakpoint { score: 0.99, n: 90.0, wrong: 0.0 }] };
    let budget = Budget::new(settings(0.01), Arc::new(Prior::try_from(few).unwrap()));
    assert_eq!(budget.threshold(), f64::INFINITY, "90 pairs cannot promise 1 %");
    assert_eq!(budget.decide(1.0, None, 0.9), Verdict::Reject);
}

/// A controller that has found nothing wrong with high scores, and ten in a hundred below 0.9.
fn settled() -> Budget {
    let mut budget = Budget::new(Settings::default(), prior());
    for index in 0..4000 {
        let score = [0.5, 0.85, 0.95, 0.995, 0.999][index % 5];
        let wrong = if score < 0.9 && index % 50 < 5 { 1.0 } else { 0.0 };
        match budget.decide(score, None, index as f64 * 0.618 % 1.0) {
            Verdict::Serve => budget.served(score),
            Verdict::Shadow { weight } => {
                budget.learn(Label { score, wrong, weight, source: Source::Shadow })
            }
            Verdict::Reject => {
                budget.learn(Label { score, wrong, weight: 1.0, source: Source::Miss })
            }
        }
    }
    budget
}

#[test]
fn a_run_of_wrong_shadow_checks_tightens_at_once_and_checks_more() {
    let mut budget = settled();
    assert_eq!(budget.report().state, State::Holding);
    let before = budget.threshold();
    let checked = |budget: &Budget| {
        (0..1000)
            .filter(|&draw| {
                matches!(
                    budget.decide(0.999, None, f64::from(draw) / 1000.0),
                    Verdict::Shadow { .. }
                )
            })
            .count()
    };
    let quiet = checked(&budget);
    assert_eq!(quiet, 20, "the floor of 2 % where hardly anything is wrong");
    for _ in 0..5 {
        budget.learn(Label { score: 0.995, wrong: 1.0, weight: 20.0, source: Source::Shadow });
    }
    assert!(budget.threshold() > before, "{} {before}", budget.threshold());
    assert!(matches!(budget.report().state, State::Tightened | State::Closed));
    assert!(checked(&budget) == 200 || budget.threshold() > 0.999, "as much as the cap allows");
}

#[test]
fn complaints_tighten_and_praise_does_nothing() {
    let (mut praised, mut blamed) = (settled(), settled());
    let feedback = |wrong| Label { score: 0.995, wrong, weight: 1.0, source: Source::Feedback };
    let before = praised.threshold();
    for _ in 0..100 {
        praised.learn(feedback(0.0));
        blamed.learn(feedback(1.0));
    }
    assert_eq!(praised.threshold(), before);
    assert!(blamed.threshold() > before);
}

#[test]
fn a_damaged_snapshot_is_refused() {
    let json = serde_json::to_string(&settled().snapshot()).unwrap();
    for (from, to) in [
        ("\"threshold\":", "\"threshold\":9"),
        ("\"unit\":", "\"unit\":-"),
        ("\"labels\":[", "\"labels\":[7,"),
    ] {
        let damaged = serde_json::from_str(&json.replacen(from, to, 1)).unwrap();
        assert!(Budget::restore(Settings::default(), prior(), damaged).is_err(), "{to}");
    }
}
