//! Whatever comes through however small a queue, the sums are right to the last nano-USD.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

/// Numbers of every size, the largest often.
fn number() -> impl Strategy<Value = u64> {
    prop_oneof![
        4 => 0..10_000_u64,
        1 => any::<u64>(),
        1 => Just(LARGEST),
        1 => Just(u64::MAX),
        1 => Just(LARGEST - 1),
    ]
}

fn name(names: &'static [&'static str]) -> impl Strategy<Value = &'static str> {
    prop::sample::select(names)
}

prop_compose! {
    fn usage()(input in number(), cached_input in number(), cache_write in number(), output in number(), reasoning in number()) -> Usage {
        Usage { input, cached_input, cache_write, output, reasoning, ..Usage::default() }
    }
}

prop_compose! {
    fn any_record()(
        day in 0..3_u64,
        key in name(&["alice", "bob", "", "o'hara"]),
        model in name(&["auto", "gpt"]),
        target in prop::option::of(name(&["openai/gpt", "claude/opus", ""])),
        tags in prop::collection::vec(name(&["a", "b", "c"]), 0..4),
        (protocol, cache, outcome, status) in (
            prop::sample::select(vec!["chat", "messages"]),
            prop::sample::select(vec![
                CacheOutcome::Exact, CacheOutcome::Semantic, CacheOutcome::Miss, CacheOutcome::Bypass("no-store"), CacheOutcome::None,
            ]),
            prop::sample::select(vec![Outcome::Ok, Outcome::Cancelled, Outcome::Error("x".into())]),
            any::<u16>(),
        ),
        usage in usage(),
        estimated in any::<bool>(),
        cost in prop::option::of(number()),
        (by_cache, by_routing) in (number(), number()),
    ) -> Record {
        Record {
            time: NOON + day * DAY_MS,
            key: key.into(),
            model: model.into(),
            target: target.map(Into::into),
            tags: tags.into_iter().collect(),
            protocol,
            cache,
            outcome,
            status,
            usage,
            estimated,
            spent: cost.map(NanoUsd).into(),
            saved: Saved { cache: NanoUsd(by_cache), routing: NanoUsd(by_routing) },
            ..record()
        }
    }
}

/// Counts and amounts, exactly, and cut at the largest number only at the end.
#[derive(Debug, Default)]
struct Sums([u128; 14]);

impl Sums {
    fn add(&mut self, record: &Record) {
        let Record { cache, outcome, usage, spent, saved, .. } = record;
        let is_error = matches!(outcome, Outcome::Error(_));
        let numbers = [
            1,
            u64::from(*cache == CacheOutcome::Exact),
            u64::from(*cache == CacheOutcome::Semantic),
            u64::from(is_error),
            u64::from(spent.unpriced),
            u64::from(record.estimated),
            usage.input,
            usage.cached_input,
            usage.cache_write,
            usage.output,
            usage.reasoning,
            spent.known.0,
            saved.cache.0,
            saved.routing.0,
        ];
        for (sum, number) in self.0.iter_mut().zip(numbers) {
            *sum += u128::from(number);
        }
    }

    fn cut(&self) -> [u64; 14] {
        self.0.map(|sum| u64::try_from(sum).unwrap_or(u64::MAX).min(LARGEST))
    }
}

fn numbers(totals: &Totals) -> [u64; 14] {
    let (counts, amounts) = (totals.counts(), totals.amounts());
    std::array::from_fn(|n| if n < 6 { counts[n] } else { amounts[n - 6] })
}

type Name<'a> = fn(&'a Record) -> Vec<Option<String>>;

/// What is known of every request, however it is kept.
fn shelf(record: &Record) -> Vec<Option<String>> {
    let target = record.target.as_ref().map(|target| target.as_str().to_owned());
    vec![
        Some(record.day().to_string()),
        Some(record.key.as_str().to_owned()),
        target,
        Some(record.protocol.to_owned()),
        Some(record.cache.as_str().to_owned()),
    ]
}

fn key(record: &Record) -> Vec<Option<String>> {
    vec![Some(record.key.as_str().to_owned())]
}

fn nothing(_: &Record) -> Vec<Option<String>> {
    Vec::new()
}

fn grouped<'a>(records: &'a [Record], name: Name<'a>) -> BTreeMap<Vec<Option<String>>, [u64; 14]> {
    let mut sums: BTreeMap<_, Sums> = BTreeMap::new();
    for record in records {
        sums.entry(name(record)).or_default().add(record);
    }
    sums.into_iter().map(|(name, sums)| (name, sums.cut())).collect()
}

/// An empty target is as good as none, and totals do not tell them apart.
fn plain(records: Vec<Record>) -> Vec<Record> {
    let plain = |target: super::Name| (!target.as_str().is_empty()).then_some(target);
    records
        .into_iter()
        .map(|record| Record { target: record.target.clone().and_then(plain), ..record })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn sums_are_exact_however_small_the_queue(
        records in prop::collection::vec(any_record(), 0..60).prop_map(plain),
        capacity in 0..8_usize,
        flush_every in prop::option::of(1..20_usize),
        restart_every in prop::option::of(10..40_usize),
        is_locked in any::<bool>(),
    ) {
        use Dimension::{Cache, Day, Key, Protocol, Target};
        let (_folder, mut settings) = place();
        settings.capacity = capacity;
        settings.patience = Duration::ZERO;
        let mut ledger = Ledger::open(&settings).unwrap();
        let other = rusqlite::Connection::open(&settings.path).unwrap();
        let mut lost = 0;
        for (n, record) in records.iter().enumerate() {
            // For a while another process has the file.
            if is_locked && n == 10 {
                other.execute_batch("BEGIN IMMEDIATE").unwrap();
            }
            if is_locked && n == 30 {
                other.execute_batch("ROLLBACK").unwrap();
            }
            let is_free = !is_locked || !(10..30).contains(&n);
            ledger.note(record.clone());
            if flush_every.is_some_and(|every| n % every == 0) {
                prop_assert_eq!(ledger.flush().is_ok(), is_free);
            }
            if is_free && restart_every.is_some_and(|every| n % every == 0) {
                ledger.close().unwrap();
                lost += ledger.lost();
                ledger = Ledger::open(&settings).unwrap();
            }
        }
        let _ = other.execute_batch("ROLLBACK");
        ledger.close().unwrap();
        lost += ledger.lost();
        let total = ask(&settings, &Query::default()).total;
        prop_assert_eq!(total.rolled_up, lost);
        let all: [(Vec<Dimension>, Name); 3] = [
            (vec![], nothing),
            (vec![Key], key),
            (vec![Day, Key, Target, Protocol, Cache], shelf),
        ];
        for (by, name) in all {
            let spend = ask(&settings, &Query { by, ..Query::default() });
            let rows = spend.rows.into_iter().map(|row| (row.group, numbers(&row.totals)));
            prop_assert_eq!(rows.collect::<BTreeMap<_, _>>(), grouped(&records, name));
            prop_assert_eq!(spend.total, total);
        }
        // Tags are known of those that are not rolled up; each counts once in each, and once in all.
        let by_tag = ask(&settings, &Query { by: vec![Dimension::Tag], ..Query::default() });
        prop_assert_eq!(by_tag.total, total);
        for row in by_tag.rows {
            let Some(tag) = &row.group[0] else { continue };
            let tagged = records.iter().filter(|record| record.tags.iter().any(|known| known == tag));
            prop_assert!(row.totals.requests <= tagged.count() as u64);
        }
    }
}
