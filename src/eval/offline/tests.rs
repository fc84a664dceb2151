//! Simulations against streams that were worked out by hand.

use super::*;
use crate::{
    cache::{ExactKey, PartitionKey},
    eval::{logs::Record, trace::Label},
};

/// Questions are angles in degrees: the cosine of two is that of the angle between them.
struct Angles;

impl Scorer for Angles {
    fn embed(
        &self,
        texts: &[String],
        progress: &dyn Fn(usize),
    ) -> Result<Vec<Vec<f32>>, ScoreError> {
        progress(texts.len());
        let vector = |text: &String| match text.parse::<f32>() {
            Ok(angle) => vec![angle.to_radians().cos(), angle.to_radians().sin()],
            Err(_) => Vec::new(),
        };
        Ok(texts.iter().map(vector).collect())
    }

    /// As sure as the questions are near, but never of 90°, which is a trap.
    fn confidence(&self, question: &str, candidate: &str, cosine: f32) -> f32 {
        if question == "90" || candidate == "90" { 0.0 } else { cosine }
    }
}

const OPTIONS: Options = Options { candidates: 4, ttl: None, embedding_price: 0 };

fn record(question: &str, cluster: &str) -> Record {
    Record {
        place: String::new(),
        at: None,
        scope: None,
        model: None,
        exact: ExactKey(*blake3::hash(question.as_bytes()).as_bytes()),
        partition: PartitionKey([0; 32]),
        question: question.to_owned(),
        exact_only: None,
        storable: true,
        answer: None,
        label: if cluster.is_empty() { Label::Unknown } else { Label::Cluster(cluster.to_owned()) },
        kind: None,
        cost_nano_usd: Some(1_000_000_000),
        tokens: None,
    }
}

fn prepared(records: &[Record], options: Options) -> Stream<'_> {
    Stream::prepare(records, &Angles, &differ, options, &()).unwrap()
}

/// `m`iss, `e`xact, or the request whose answer is served.
fn outcomes(stream: &Stream<'_>, threshold: Option<Threshold>) -> String {
    let letter = |served: &Served| match served {
        Served::Miss => "m".to_owned(),
        Served::Exact => "e".to_owned(),
        Served::Semantic { by, .. } => by.to_string(),
    };
    let served = simulate::simulate(stream, threshold);
    served.iter().map(letter).collect::<Vec<_>>().join(" ")
}

fn cosine_of(degrees: f32) -> Option<Threshold> {
    Some(Threshold { score: Score::Cosine, least: degrees.to_radians().cos() - 1e-5 })
}

#[test]
fn what_is_stored_depends_on_what_was_served() {
    let records: Vec<Record> =
        ["0", "10", "20", "10", "0", "31"].iter().map(|question| record(question, "")).collect();
    let stream = prepared(&records, OPTIONS);
    assert_eq!(outcomes(&stream, None), "m m m e e m");
    // 10 is served by 0 and so not stored; 20 is too far from 0; 10 is equally near to both, and 0 was first.
    assert_eq!(outcomes(&stream, cosine_of(10.0)), "m 0 m 0 e m");
    assert_eq!(outcomes(&stream, cosine_of(11.0)), "m 0 m 0 e 2");
    assert_eq!(outcomes(&stream, cosine_of(20.0)), "m 0 0 0 e m");
}

#[test]
fn only_one_partition_is_searched_and_exact_only_requests_take_no_part() {
    let mut records: Vec<Record> =
        ["0", "1", "2", "3", "words"].iter().map(|question| record(question, "")).collect();
    records[1].partition = PartitionKey([1; 32]);
    records[2].exact_only = Some("image");
    let stream = prepared(&records, OPTIONS);
    assert_eq!(outcomes(&stream, cosine_of(10.0)), "m m m 0 m");
}

#[test]
fn a_cut_off_answer_is_not_stored_and_an_old_one_not_served() {
    let mut records: Vec<Record> =
        ["0", "0", "1", "1"].iter().map(|question| record(question, "")).collect();
    records[0].storable = false;
    let stream = prepared(&records, OPTIONS);
    assert_eq!(outcomes(&stream, cosine_of(10.0)), "m m 1 1");
    for (record, hour) in records.iter_mut().zip(["00", "01", "02", "12"]) {
        record.storable = true;
        record.at = Some(format!("2026-01-01T{hour}:00:00Z").parse().unwrap());
    }
    let ttl = Some(std::time::Duration::from_secs(7200));
    let stream = prepared(&records, Options { ttl, ..OPTIONS });
    assert_eq!(outcomes(&stream, cosine_of(10.0)), "m e m m");
}

#[test]
fn as_many_candidates_are_looked_at_as_the_gateway_looks_at() {
    let records: Vec<Record> =
        ["90", "60", "85"].iter().map(|question| record(question, "")).collect();
    let rule = Some(Threshold { score: Score::Confidence, least: 0.8 });
    // The trap at 90° is nearest; only with a second candidate is 60° seen.
    assert_eq!(outcomes(&prepared(&records, Options { candidates: 1, ..OPTIONS }), rule), "m m m");
    assert_eq!(outcomes(&prepared(&records, OPTIONS), rule), "m m 1");
}

#[test]
fn hits_are_judged_by_labels_then_by_answers() {
    let mut records: Vec<Record> =
        [("0", "a"), ("1", "a"), ("2", "b"), ("3", ""), ("4", ""), ("5", "")]
            .iter()
            .map(|(question, cluster)| record(question, cluster))
            .collect();
    records[0].answer = Some("From ten.".to_owned());
    records[3].answer = Some("from TEN".to_owned());
    records[4].answer = Some("From eleven.".to_owned());
    let stream = prepared(&records, OPTIONS);
    let counts = sweep::counts(&stream, cosine_of(10.0), &split::halves(6, 1))[0];
    // 1 is right and 2 wrong by label, 3 right and 4 wrong by answer, 5 is not judged.
    let expected = Counts {
        requests: 6,
        semantic: 5,
        judged: 4,
        wrong: 2,
        priced: 6,
        cost_nano_usd: 6_000_000_000,
        saved_nano_usd: 5_000_000_000,
        embedded_tokens: 6,
        ..Counts::default()
    };
    assert_eq!(counts, expected);
    let measures = counts.measures(500_000_000);
    assert_eq!(measures.wrong_hit_rate.value, 0.5);
    assert_eq!(measures.unsafe_served_rate.value, 2.0 / 6.0);
    assert_eq!(measures.unjudged_hits, 1);
    let money = measures.money.unwrap();
    assert!((money.net_saved_usd - (5.0 - 6.0 * 0.5e-6)).abs() < 1e-12, "{money:?}");
}

#[test]
fn a_budget_needs_evidence() {
    for (wrong, judged, budget, enough) in [
        (0, 98, 0.01, false),
        (0, 99, 0.01, true),
        (1, 198, 0.01, false),
        (1, 199, 0.01, true),
        (0, 0, 0.5, false),
        (4, 99, 0.05, true),
    ] {
        assert_eq!(is_within(wrong, judged, budget), enough, "{wrong} of {judged} at {budget}");
    }
}

/// Pairs 1° apart that are right and pairs 5° apart that are wrong, each pair 90° × a hair from the others: in the later half
/// the near ones are wrong too when `drifts`.
fn pairs(drifts: bool) -> Vec<Record> {
    let mut records = Vec::new();
    for pair in 0..400_u16 {
        let apart = if pair % 2 == 0 { 1.0 } else { 5.0 };
        let wrong = apart > 3.0 || drifts && pair >= 200;
        let [mut a, mut b] = [0.0, apart].map(|angle: f32| record(&format!("{angle}"), "same"));
        if wrong {
            b.label = Label::Alone;
        }
        // Each pair is a conversation of its own.
        for record in [&mut a, &mut b] {
            record.partition = PartitionKey(*blake3::hash(&pair.to_le_bytes()).as_bytes());
            record.exact = ExactKey(
                *blake3::hash(format!("{pair} {}", record.question).as_bytes()).as_bytes(),
            );
        }
        records.extend([a, b]);
    }
    records
}

fn settings(max_wrong: f64) -> Settings {
    Settings {
        max_wrong,
        seed: 1,
        policies: vec![Policy::Exact, Policy::Scrimp, Policy::RedisVl],
        wrong_hits: 3,
    }
}

#[test]
fn the_threshold_separates_right_from_wrong_where_that_is_possible() {
    let records = pairs(false);
    let study = study(&prepared(&records, OPTIONS), &settings(0.05), &());
    let choice = study.choice.unwrap();
    assert!((0.99..1.0_f32.to_radians().cos()).contains(&choice.threshold.least), "{choice:?}");
    assert_eq!(choice.measures.semantic_hit_rate.count, 200);
    assert_eq!(choice.measures.wrong_hit_rate.count, 0);
    assert!(study.wrong_hits.is_empty());
    let redisvl = &study.policies[2].measures;
    assert_eq!((redisvl.wrong_hit_rate.count, redisvl.wrong_hit_rate.of), (200, 400));
    for split in &study.splits {
        assert_eq!(split.measured_on.wrong_hit_rate.count, 0, "{}", split.split);
    }
}

#[test]
fn drift_shows_in_the_chronological_split_alone() {
    let records = pairs(true);
    let study = study(&prepared(&records, OPTIONS), &settings(0.05), &());
    let [random, chronological] = &study.splits[..] else { panic!() };
    assert!(random.threshold.is_none(), "half of all near pairs are wrong");
    assert_eq!(chronological.chosen_on.wrong_hit_rate.value, 0.0);
    assert_eq!(chronological.measured_on.wrong_hit_rate.value, 1.0);
}

#[test]
fn without_labels_and_answers_nothing_is_recommended() {
    let mut records = pairs(false);
    for record in &mut records {
        record.label = Label::Unknown;
    }
    let study = study(&prepared(&records, OPTIONS), &settings(0.05), &());
    assert!(study.choice.is_none());
    assert_eq!(study.policies[2].measures.unjudged_hits, 400);
}

#[test]
fn a_study_is_the_same_twice_and_another_seed_splits_otherwise() {
    let records = pairs(false);
    let json = |seed| {
        let settings = Settings { seed, ..settings(0.05) };
        serde_json::to_string(&study(&prepared(&records, OPTIONS), &settings, &())).unwrap()
    };
    assert_eq!(json(1), json(1));
    assert_ne!(json(1), json(2));
}

#[test]
fn policies_are_known_by_name() {
    for name in ["scrimp", "gptcache", "redisvl", "litellm", "exact", "cosine:0.95"] {
        assert_eq!(name.parse::<Policy>().unwrap().to_string(), name);
    }
    for (name, phrase) in
        [("magic", "is not a policy"), ("cosine:2", "is not a cosine"), ("cosine:x", "'x' is not")]
    {
        let error = name.parse::<Policy>().unwrap_err().to_string();
        assert!(error.contains(phrase), "{error}");
    }
}
