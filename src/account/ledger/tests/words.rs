//! Texts from outside come back as they went in, and prompts only where the operator wants them.

use super::*;
use crate::config::LogContent;

const HOSTILE: [&str; 8] = [
    "'; DROP TABLE requests; --",
    "\"quoted\" and 'quoted'",
    "a\0b",
    "\0",
    "🦀 ünïcödé \u{202e}",
    "line\nbreak\tand \u{1b}[31m",
    "%_?1:name@x$y",
    "",
];

#[test]
fn hostile_texts_come_back_as_they_were() {
    let (_folder, settings) = place();
    let ledger = Ledger::open(&settings).unwrap();
    for text in HOSTILE {
        ledger.note(Record {
            request_id: text.into(),
            key: text.into(),
            model: text.into(),
            target: Some(text.into()),
            tier: Some(text.into()),
            reason: Some(text.into()),
            outcome: Outcome::Error(text.into()),
            tags: [text].into_iter().collect(),
            ..record()
        });
    }
    ledger.close().unwrap();
    for by in [Dimension::Key, Dimension::Model, Dimension::Target, Dimension::Tier, Dimension::Tag]
    {
        let rows = ask(&settings, &Query { by: vec![by], ..Query::default() }).rows;
        let mut names: Vec<_> = rows.into_iter().map(|row| row.group[0].clone()).collect();
        let mut expected: Vec<_> = HOSTILE.map(|text| Some(text.to_owned())).to_vec();
        if matches!(by, Dimension::Tag | Dimension::Model) {
            // An empty tag is none, and no request names an empty model.
            *expected.last_mut().unwrap() = None;
        }
        names.sort();
        expected.sort();
        assert_eq!(names, expected, "{by:?}");
    }
    for text in HOSTILE {
        let text = Some(text.to_owned());
        let query = Query { key: text.clone(), model: text.clone(), ..Query::default() };
        assert_eq!(ask(&settings, &query).total.requests, 1, "{text:?}");
        let tagged = ask(&settings, &Query { tag: text.clone(), ..Query::default() });
        assert_eq!(tagged.total.requests, u64::from(text.as_deref() != Some("")), "{text:?}");
    }
}

#[test]
fn hostile_texts_in_totals_come_back_too() {
    let (_folder, mut settings) = place();
    settings.capacity = 1;
    let ledger = Ledger::open(&settings).unwrap();
    // The writer takes the first; of the others it gets some as records, some as totals.
    for text in HOSTILE {
        let target = Some(text.into());
        ledger.note(Record { key: text.into(), target, ..record() });
    }
    ledger.close().unwrap();
    let by = vec![Dimension::Key];
    let rows = ask(&settings, &Query { by, ..Query::default() }).rows;
    assert_eq!(rows.len(), HOSTILE.len());
}

#[test]
fn a_megabyte_of_tag_is_kept_as_its_first_128_bytes() {
    let (_folder, settings) = place();
    let ledger = Ledger::open(&settings).unwrap();
    let long = format!("a{}", "🦀".repeat(1 << 18));
    ledger.note(Record { tags: [long.as_str()].into_iter().collect(), ..record() });
    ledger.close().unwrap();
    let rows = ask(&settings, &Query { by: vec![Dimension::Tag], ..Query::default() }).rows;
    // 1 + 31 × 4 = 125; another crab does not fit.
    assert_eq!(rows[0].group[0], Some(format!("a{}", "🦀".repeat(31))));
}

#[test]
fn no_word_reaches_the_file_unless_the_operator_wants_it() {
    const SECRET: &str = "the-secret-plan";
    let full = Content::Full {
        prompt: format!("{{\"text\":\"{SECRET}\"}}").into(),
        answer: format!("[\"{SECRET}\"]").into(),
    };
    for (policy, hash, words) in
        [(LogContent::None, 0, 0), (LogContent::Hash, 1, 0), (LogContent::Full, 1, 1)]
    {
        let (folder, mut settings) = place();
        settings.content = policy;
        let ledger = Ledger::open(&settings).unwrap();
        assert_eq!(ledger.content(), policy);
        ledger.note(Record { content: full.clone(), ..record() });
        ledger.note(Record { content: Content::Hash([0xcd; 32]), ..record() });
        ledger.close().unwrap();
        let count = |sql: &str| value::<i64>(&settings, sql);
        assert_eq!(count("SELECT count(hash) FROM contents"), hash, "{policy:?}");
        assert_eq!(count("SELECT count(prompt) FROM contents"), words, "{policy:?}");
        assert_eq!(count("SELECT count(answer) FROM contents"), words, "{policy:?}");
        let holds =
            |bytes: &[u8]| bytes.windows(SECRET.len()).any(|part| part == SECRET.as_bytes());
        let found = std::fs::read_dir(folder.path())
            .unwrap()
            .any(|file| holds(&std::fs::read(file.unwrap().path()).unwrap()));
        assert_eq!(found, words > 0, "{policy:?}");
    }
}

#[test]
fn words_beyond_what_memory_is_for_are_dropped_and_counted_and_their_records_stay() {
    let (_folder, mut settings) = place();
    settings.content = LogContent::Full;
    let ledger = Ledger::open(&settings).unwrap();
    let prompt = bytes::Bytes::from(vec![b' '; 65 << 20]);
    ledger.note(Record { content: Content::Full { prompt, answer: "1".into() }, ..record() });
    ledger.close().unwrap();
    assert_eq!((ledger.stripped(), ledger.lost()), (1, 0));
    assert_eq!(ask(&settings, &Query::default()).total.requests, 1);
    assert_eq!(value::<i64>(&settings, "SELECT count(*) FROM contents"), 0);
}
