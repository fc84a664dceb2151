//! Pairs of answers by two models, and answers that nobody wrote.

use proptest::prelude::*;

use super::*;

fn answer(text: &str) -> Answer<'_> {
    Answer { text, ..Answer::default() }
}

fn judged(cheap: &str, reference: &str, cosine: Option<f32>) -> Judgement {
    judge(answer(cheap), answer(reference), Evidence { prior: 0.3, cosine })
}

const PYTHON: &str = "```python\ndef double(n):\n    return 2 * n\n```";
const PARAGRAPH: &str = "Plants make sugar from light. Their leaves take in carbon dioxide through small pores, \
                         the roots bring water, and chlorophyll captures the light that drives the reaction. The \
                         oxygen that is left over is given off. Most of the sugar is used for growth, and some is \
                         stored as starch in roots, stems and seeds, where animals and people find it. Without this \
                         process there would be hardly any oxygen in the air, and nothing to eat on land. It takes \
                         place in two stages: one that needs light and splits the water, and one that does not.";

/// Good enough, and certainly so.
const GOOD: [(&str, &str, Reason); 30] = [
    ("Paris", "Paris", Reason::Equal),
    ("**Paris.**", "paris", Reason::Equal),
    ("Paris", "The capital of France is Paris.", Reason::Contained),
    ("42", "Six times seven is computed step by step. The answer is 42.", Reason::FinalEqual),
    ("We add them up: 40 + 2 = 42. The answer is 42.", "$\\boxed{42}$", Reason::FinalEqual),
    (
        "First 6 * 7 = 42, so she has 42 apples.",
        "She had 6 bags of 7: 6 * 7 = 42 apples",
        Reason::FinalEqual,
    ),
    (
        "\\boxed{\\frac{1}{2}}",
        "So the probability is one half.\n\n**Answer:** 1/2",
        Reason::FinalEqual,
    ),
    ("B", "The correct answer is (B), as the sea is deep.", Reason::FinalEqual),
    ("The answer is B.", "B) The sea", Reason::FinalEqual),
    ("1/2", "0.5", Reason::FinalEqual),
    ("#### 1,200", "The answer is 1200.", Reason::FinalEqual),
    (
        "Yes.",
        "Yes, you can return it within 30 days of delivery if it is unused.",
        Reason::Contained,
    ),
    ("It was Shakespeare.", "William Shakespeare wrote it in about 1600.", Reason::Contained),
    ("Yes, and you will need the receipt for it.", "Yes.", Reason::Contained),
    (r#"{"a": 1, "b": "x"}"#, r#"{"b": "X", "a": 1.0}"#, Reason::JsonEqual),
    (r#"{"a": 1, "note": "more"}"#, r#"{"a": 1}"#, Reason::JsonEqual),
    ("```json\n{\"a\": [1, 2]}\n```", r#"{"a": [1, 2]}"#, Reason::JsonEqual),
    (r#"{"a": 1, "b": null}"#, r#"{"a": 1}"#, Reason::JsonEqual),
    ("[1, 2, 3]", "[1,2,3]", Reason::JsonEqual),
    (
        r#"{"tool_calls":[{"name":"w","arguments":{"city":"Paris"}}]}"#,
        r#"{"tool_calls":[{"name":"w","arguments":{"city":"paris"}}]}"#,
        Reason::ToolEqual,
    ),
    (
        r#"{"tool_calls":[{"name":"b"},{"name":"a"}]}"#,
        r#"{"tool_calls":[{"name":"a"},{"name":"b"}]}"#,
        Reason::ToolEqual,
    ),
    (
        "I'm sorry, I can't help with that.",
        "I cannot assist with this request.",
        Reason::BothRefuse,
    ),
    ("I don't know.", "I'm not sure what you mean.", Reason::BothRefuse),
    (PYTHON, PYTHON, Reason::Equal),
    (PARAGRAPH, PARAGRAPH, Reason::Equal),
    ("", "", Reason::Equal),
    (" \n", "", Reason::Equal),
    ("The answer is 3.14.", "3.14159", Reason::FinalEqual),
    ("$12.50", "12.5 dollars", Reason::FinalEqual),
    ("It costs 5 * 2.5 = 12.5 dollars.", "\\boxed{12.5}", Reason::FinalEqual),
];

/// Not good enough, and certainly so.
const BAD: [(&str, &str, Reason); 33] = [
    ("", "Paris", Reason::Empty),
    (" \n", "Paris", Reason::Empty),
    (
        "I'm sorry, but I can't assist with that.",
        "The capital of France is Paris.",
        Reason::Refusal,
    ),
    ("As an AI language model, I don't have access to data.", "It has 12 moons.", Reason::Refusal),
    ("The answer is 41.", "The answer is 42.", Reason::FinalDiffers),
    ("\\boxed{7}", "#### 42", Reason::FinalDiffers),
    ("41", "The answer is 42.", Reason::FinalDiffers),
    ("C", "B", Reason::FinalDiffers),
    ("The answer is C.", "(B) the sea", Reason::FinalDiffers),
    ("-3", "3", Reason::FinalDiffers),
    ("5 km", "5 miles", Reason::FinalDiffers),
    ("1/3", "0.5", Reason::FinalDiffers),
    ("Yes, you can take it on board.", "No, it is not allowed on board.", Reason::Polarity),
    ("Yes.", "No, returns are not accepted after the first month has passed.", Reason::Polarity),
    ("It happened in the year 1968.", "It happened in the year 1969.", Reason::Numbers),
    ("The store opens at 9 pm.", "The store opens at 9 am.", Reason::Numbers),
    (
        "It was written by Christopher Marlowe.",
        "It was written by William Shakespeare.",
        Reason::Names,
    ),
    ("You can cancel the order.", "You cannot cancel the order.", Reason::Negation),
    (r#"{"a": 1}"#, r#"{"a": 2}"#, Reason::JsonDiffers),
    ("{}", r#"{"a": 2}"#, Reason::JsonDiffers),
    ("[1, 2]", "[1, 2, 3]", Reason::JsonDiffers),
    ("[]", r#"{"a": 1}"#, Reason::JsonDiffers),
    (r#"{"a": true}"#, r#"{"a": false}"#, Reason::JsonDiffers),
    (r#"{"a": 1"#, r#"{"a": 1}"#, Reason::JsonInvalid),
    ("Here it is: {'a': 1}", r#"{"a": 1}"#, Reason::JsonInvalid),
    ("a is 1", r#"{"a": 1}"#, Reason::JsonInvalid),
    (
        r#"{"tool_calls":[{"name":"v","arguments":{"city":"Paris"}}]}"#,
        r#"{"tool_calls":[{"name":"w","arguments":{"city":"Paris"}}]}"#,
        Reason::ToolOther,
    ),
    (
        r#"{"tool_calls":[{"name":"w","arguments":{"city":"Rome"}}]}"#,
        r#"{"tool_calls":[{"name":"w","arguments":{"city":"Paris"}}]}"#,
        Reason::ToolArguments,
    ),
    (
        r#"{"tool_calls":[{"name":"w","arguments":"{broken"}]}"#,
        r#"{"tool_calls":[{"name":"w","arguments":{"city":"Paris"}}]}"#,
        Reason::ToolArguments,
    ),
    (
        "It rains in Paris.",
        r#"{"tool_calls":[{"name":"w","arguments":{"city":"Paris"}}]}"#,
        Reason::ToolMissing,
    ),
    ("```python\ndef double(n):\n    return 2 *", PYTHON, Reason::CodeBroken),
    ("```python\ndef double(n:\n    return 2 * n\n```", PYTHON, Reason::CodeBroken),
    ("```json\n{\"a\": 1,,}\n```", "It is:\n```json\n{\"a\": 1}\n```", Reason::CodeBroken),
];

/// Nothing that words can tell.
const OPEN: [(&str, &str, Reason); 17] = [
    ("Lyon is nice", "", Reason::ReferenceEmpty),
    (
        "The capital of France is Paris.",
        "I'm sorry, but I can't assist with that.",
        Reason::ReferenceRefuses,
    ),
    (r#"{"a": 1}"#, "It is one, as far as anybody knows.", Reason::Format),
    (
        r#"{"a": "a town in the south of it"}"#,
        r#"{"a": "a city in the southern part"}"#,
        Reason::JsonWording,
    ),
    (r#"{"a": 3.1416}"#, r#"{"a": 3.14159}"#, Reason::JsonWording),
    ("[2, 1]", "[1, 2]", Reason::JsonWording),
    (r#"{"tool_calls":[{"name":"w"}]}"#, "Which city do you mean?", Reason::ToolUnasked),
    (
        r#"{"tool_calls":[{"name":"w"},{"name":"w"}]}"#,
        r#"{"tool_calls":[{"name":"w"}]}"#,
        Reason::ToolMore,
    ),
    (
        r#"{"tool_calls":[{"name":"s","arguments":{"query":"weather in Paris this week"}}]}"#,
        r#"{"tool_calls":[{"name":"s","arguments":{"query":"Paris weather forecast this week"}}]}"#,
        Reason::ToolWording,
    ),
    ("```python\ndef twice(value):\n    return value + value\n```", PYTHON, Reason::Code),
    ("```js\nconst double = n => 2 * n;\n```", PYTHON, Reason::CodeLanguage),
    ("Multiply the number by two and return the result.", PYTHON, Reason::CodeMissing),
    ("3 * 4 = 12, so she has 12 apples.", "3 + 4 = 7, so she has 7 apples.", Reason::FinalDiffers),
    ("a car", "an automobile", Reason::ShortDiffers),
    ("It depends.", PARAGRAPH, Reason::Length),
    (
        "Leaves use sunlight, air and water for it, in order to grow and to keep something for the winter months ahead.",
        "Photosynthesis turns carbon dioxide into glucose; chlorophyll in chloroplasts absorbs photons to drive it forward.",
        Reason::Thin,
    ),
    (
        "Plants do it with light, and it is of much use to all of us who live on land and breathe.",
        PARAGRAPH,
        Reason::Length,
    ),
];

#[test]
fn answers_are_judged_by_the_reference() {
    let mut wrong = Vec::new();
    type Expectation = fn(&Judgement) -> bool;
    let tables: [(&[_], Expectation); 3] = [
        (&GOOD, |found| found.is_certain && found.shortfall <= 0.15),
        (&BAD, |found| {
            found.is_certain && found.shortfall >= 0.85
                || found.reason == Reason::JsonDiffers && found.is_certain && found.shortfall >= 0.7
        }),
        (&OPEN, |found| !found.is_certain),
    ];
    for (table, is_as_expected) in tables {
        for (cheap, reference, reason) in table {
            let found = judged(cheap, reference, None);
            if !is_as_expected(&found) || found.reason != *reason {
                wrong.push(format!("{cheap:.60} | {reference:.60}: {found:?}, not {reason:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn other_words_are_normal() {
    let other = "Photosynthesis is how plants feed themselves. In their leaves, chlorophyll absorbs light, and its energy \
                 turns water from the roots and carbon dioxide from the air into sugar. Oxygen is released. The plant \
                 lives on the sugar and stores what is left over as starch. Nearly all life depends on it. There are a \
                 light stage, which splits water, and a dark stage, known as the Calvin cycle, in the stroma.";
    let found = judged(other, PARAGRAPH, Some(0.9));
    assert!(found.is_certain && found.shortfall < 0.15, "{found:?}");
    let unrelated = "The stock exchange opened weaker this morning. Banks and car makers led the losses, while utilities \
                     gained. Analysts point to higher interest rates and to disappointing figures from abroad. Trading \
                     was thin ahead of the holiday, and the currency moved sideways. Bonds rose a little in the afternoon.";
    let found = judged(unrelated, PARAGRAPH, Some(0.1));
    assert!(found.shortfall > 0.8, "{found:?}");
    let short = judged("Plants make sugar.", PARAGRAPH, Some(0.6));
    assert!(short.shortfall > judged(other, PARAGRAPH, Some(0.6)).shortfall, "{short:?}");
}

#[test]
fn thin_evidence_stays_near_the_prior() {
    let (cheap, reference, _) = OPEN[15];
    for prior in [0.1, 0.3, 0.6] {
        let found = judge(answer(cheap), answer(reference), Evidence { prior, cosine: None });
        assert!((found.shortfall - prior).abs() < 0.2 && !found.is_certain, "{prior}: {found:?}");
    }
    for prior in [f64::NAN, f64::INFINITY, -5.0, 7.0] {
        let found =
            judge(answer(cheap), answer(reference), Evidence { prior, cosine: Some(f32::NAN) });
        assert!((0.0..=1.0).contains(&found.shortfall), "{found:?}");
    }
}

#[test]
fn a_cut_answer_is_none_where_the_reference_is_whole() {
    let evidence = Evidence { prior: 0.3, cosine: Some(0.99) };
    let cut = Answer { is_cut: true, ..answer("Plants make sugar from light and from") };
    assert_eq!(judge(cut, answer(PARAGRAPH), evidence).reason, Reason::Truncated);
    let both = judge(cut, Answer { is_cut: true, ..answer(PARAGRAPH) }, evidence);
    assert_ne!(both.reason, Reason::Truncated);
    let refused = Answer { is_refusal: true, ..answer("That is not for me to say.") };
    assert_eq!(judge(refused, answer("Paris"), evidence).reason, Reason::Refusal);
}

fn texts() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("The answer is "),
        Just("\\boxed{"),
        Just("}"),
        Just("\\frac{1}{"),
        Just("42"),
        Just("$"),
        Just("/0"),
        Just("B) "),
        Just("```json\n"),
        Just("\n```\n"),
        Just("{\"a\": "),
        Just("[1, 2]"),
        Just(r#"{"tool_calls":[{"name":"w","arguments":{}}]}"#),
        Just("= "),
        Just("#### "),
        Just("ß’é İ"),
        Just("I can't help with that. "),
        Just("Yes. "),
        Just("\u{301}\u{0}"),
        Just("Paris is in France. "),
    ];
    prop::collection::vec(
        prop_oneof![5 => piece.prop_map(str::to_owned), 1 => any::<String>()],
        0..10,
    )
    .prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn any_two_answers_are_judged(cheap in texts(), reference in texts(), prior in any::<f64>(), cosine in any::<Option<f32>>(), is_cut in any::<bool>()) {
        let evidence = Evidence { prior, cosine };
        let found = judge(Answer { is_cut, ..answer(&cheap) }, answer(&reference), evidence);
        prop_assert!((0.0..=1.0).contains(&found.shortfall), "{:?}", found);
        prop_assert_eq!(judge(answer(&cheap), answer(&cheap), evidence).shortfall, 0.0);
    }

    #[test]
    fn any_reply_is_a_preference_or_none(reply in any::<String>(), cheap in texts()) {
        parse_preference(&reply);
        prop_assert!(preference_prompt(&reply, &cheap, &reply).contains(&cheap));
    }
}
