//! Every question about spending, over a small ledger that is known by heart.

use super::*;

/// Eight requests on three days; one of them is known as a total only.
fn ledger() -> (tempfile::TempDir, Settings) {
    let (folder, settings) = place();
    let connection = schema::open_to_write(&settings.path, settings.patience).unwrap();
    let tags = |tags: &[&str]| tags.iter().copied().collect::<Tags>();
    let yesterday = NOON - DAY_MS;
    let none = Usage::default();
    let saved = |cache| Saved { cache: NanoUsd(cache), routing: NanoUsd::ZERO };
    for record in [
        Record { time: yesterday, tags: tags(&["doc", "web"]), ..record() },
        Record {
            time: yesterday,
            key: "bob".into(),
            spent: None.into(),
            estimated: true,
            ..record()
        },
        Record {
            cache: CacheOutcome::Exact,
            usage: none,
            spent: Spent::NOTHING,
            saved: saved(1_000),
            tags: tags(&["web"]),
            ..record()
        },
        Record {
            key: "bob".into(),
            cache: CacheOutcome::Semantic,
            usage: none,
            spent: Spent::NOTHING,
            saved: saved(500),
            protocol: "messages",
            ..record()
        },
        Record {
            model: "openai/gpt-5.5".into(),
            target: Some("openai/gpt-5.5".into()),
            tier: None,
            spent: Some(NanoUsd(70_000)).into(),
            saved: Saved::default(),
            tags: tags(&["doc"]),
            ..record()
        },
        Record {
            target: None,
            tier: None,
            cache: CacheOutcome::None,
            usage: none,
            spent: Spent::NOTHING,
            saved: Saved::default(),
            status: 404,
            outcome: Outcome::Error("model_not_found".into()),
            model: "nonsense".into(),
            ..record()
        },
        Record {
            time: NOON + DAY_MS,
            cache: CacheOutcome::Bypass("no-store"),
            outcome: Outcome::Cancelled,
            ..record()
        },
    ] {
        insert::records(&connection, &[record]).unwrap();
    }
    let mut folded = fold::Folded::default();
    folded.fold(&Record { key: "bob".into(), tags: tags(&["web"]), ..record() });
    for (shelf, totals) in folded.iter() {
        insert::rolled_up(&connection, shelf, totals).unwrap();
    }
    (folder, settings)
}

/// Group, requests and cost of every row, then of the total.
fn asked(settings: &Settings, by: &[Dimension], query: Query) -> Vec<(String, u64, u64)> {
    let Spend { rows, total, .. } = ask(settings, &Query { by: by.to_vec(), ..query });
    let name = |group: &[Option<String>]| {
        let names: Vec<_> = group.iter().map(|name| name.as_deref().unwrap_or("-")).collect();
        names.join(" ")
    };
    let row = |row: &Row| (name(&row.group), row.totals.requests, row.totals.cost.0);
    let total = ("all".to_owned(), total.requests, total.cost.0);
    rows.iter().map(row).chain([total]).collect()
}

fn rows<const N: usize>(rows: [(&str, u64, u64); N]) -> Vec<(String, u64, u64)> {
    rows.map(|(name, requests, cost)| (name.to_owned(), requests, cost)).to_vec()
}

#[test]
fn requests_are_told_apart_by_every_dimension() {
    use Dimension::{Cache, Day, Key, Model, Protocol, Tag, Target, Tier};
    let (_folder, settings) = ledger();
    let all = ("all", 8, 73_000);
    let none = Query::default;
    for (by, expected) in [
        (&[][..], rows([("", 8, 73_000), all])),
        (&[Key], rows([("alice", 5, 72_000), ("bob", 3, 1_000), all])),
        (
            &[Model],
            rows([
                ("openai/gpt-5.5", 1, 70_000),
                ("auto", 5, 2_000),
                ("-", 1, 1_000),
                ("nonsense", 1, 0),
                all,
            ]),
        ),
        (
            &[Target],
            rows([
                ("openai/gpt-5.5", 1, 70_000),
                ("openai/gpt-5-nano", 6, 3_000),
                ("-", 1, 0),
                all,
            ]),
        ),
        (
            &[Day],
            rows([
                ("2026-11-19", 2, 1_000),
                ("2026-11-20", 5, 71_000),
                ("2026-11-21", 1, 1_000),
                all,
            ]),
        ),
        (&[Tag], rows([("doc", 2, 71_000), ("-", 5, 2_000), ("web", 2, 1_000), all])),
        (&[Tier], rows([("-", 3, 71_000), ("cheap", 5, 2_000), all])),
        (&[Protocol], rows([("chat", 7, 73_000), ("messages", 1, 0), all])),
        (
            &[Cache],
            rows([
                ("miss", 4, 72_000),
                ("bypass", 1, 1_000),
                ("exact", 1, 0),
                ("none", 1, 0),
                ("semantic", 1, 0),
                all,
            ]),
        ),
    ] {
        assert_eq!(asked(&settings, by, none()), expected, "{by:?}");
    }
}

#[test]
fn several_dimensions_go_together_and_days_come_first_in_order() {
    use Dimension::{Day, Key};
    let (_folder, settings) = ledger();
    let of = |by: &[Dimension]| asked(&settings, by, Query::default());
    assert_eq!(
        of(&[Day, Key]),
        rows([
            ("2026-11-19 alice", 1, 1_000),
            ("2026-11-19 bob", 1, 0),
            ("2026-11-20 alice", 3, 70_000),
            ("2026-11-20 bob", 2, 1_000),
            ("2026-11-21 alice", 1, 1_000),
            ("all", 8, 73_000),
        ])
    );
    assert_eq!(of(&[Key, Day])[0], ("alice 2026-11-19".to_owned(), 1, 1_000));
}

#[test]
fn filters_go_together_and_days_count_whole() {
    let (_folder, settings) = ledger();
    let day = |text: &str| Some(Day::parse(text, Day::FIRST).unwrap());
    let text = |text: &str| Some(text.to_owned());
    let all = Query::default;
    for (query, requests, cost, left_out) in [
        (Query { since: day("2026-11-20"), ..all() }, 6, 72_000, 0),
        (Query { until: day("2026-11-20"), ..all() }, 7, 72_000, 0),
        (Query { since: day("2026-11-20"), until: day("2026-11-20"), ..all() }, 5, 71_000, 0),
        (Query { since: day("2026-11-21"), until: day("2026-11-20"), ..all() }, 0, 0, 0),
        (Query { key: text("bob"), ..all() }, 3, 1_000, 0),
        (Query { key: text("nobody"), ..all() }, 0, 0, 0),
        (Query { model: text("auto"), ..all() }, 5, 2_000, 1),
        (Query { model: text("auto"), key: text("alice"), ..all() }, 3, 2_000, 0),
        (Query { tag: text("web"), ..all() }, 2, 1_000, 1),
        (Query { tag: text("web"), since: day("2026-11-20"), ..all() }, 1, 0, 1),
        (Query { tag: text("web' OR 1=1 --"), ..all() }, 0, 0, 1),
    ] {
        let Spend { rows, total, left_out: left } = ask(&settings, &query);
        assert_eq!((total.requests, total.cost.0), (requests, cost), "{query:?}");
        assert_eq!(left.requests, left_out, "{query:?}");
        assert_eq!(rows.len(), usize::from(requests > 0), "{query:?}");
    }
    // Told apart by tag, the filter is on requests: the other tags of those that have it show too.
    let query = Query { tag: text("web"), ..all() };
    assert_eq!(
        asked(&settings, &[Dimension::Tag], query),
        rows([("doc", 1, 1_000), ("web", 2, 1_000), ("all", 2, 1_000)])
    );
}

#[test]
fn a_row_says_all_that_the_ledger_knows() {
    let (_folder, settings) = ledger();
    let total = ask(&settings, &Query::default()).total;
    assert_eq!(
        total,
        Totals {
            requests: 8,
            exact_hits: 1,
            semantic_hits: 1,
            errors: 1,
            unpriced: 1,
            estimated: 1,
            rolled_up: 1,
            input_tokens: 500,
            cached_input_tokens: 200,
            cache_write_tokens: 50,
            output_tokens: 100,
            reasoning_tokens: 25,
            cost: NanoUsd(73_000),
            saved_by_cache: NanoUsd(1_500),
            saved_by_routing: NanoUsd(36_000),
        }
    );
}

#[test]
fn the_days_spending_by_key_is_known_at_the_next_start() {
    let (_folder, settings) = ledger();
    let ledger = Ledger::open(&settings).unwrap();
    for (day, alice, bob) in [
        ("2026-11-19", Some(72_000), Some(1_000)),
        ("2026-11-20", Some(71_000), Some(1_000)),
        ("2026-11-21", Some(1_000), None),
        ("2026-11-22", None, None),
    ] {
        let spent = ledger.spent_since(Day::parse(day, Day::FIRST).unwrap()).unwrap();
        let of = |key: &str| spent.get(key).map(|amount| amount.0);
        assert_eq!((of("alice"), of("bob")), (alice, bob), "{day}");
    }
}
