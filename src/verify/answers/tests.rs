//! Pairs of answers, and answers that nobody wrote.

use proptest::prelude::*;

use super::*;

fn wrong(stored: &str, fresh: &str) -> Comparison {
    compare(stored, fresh, Evidence::default())
}

/// Right: the same answer in other words.
const SAME: [(&str, &str); 41] = [
    (
        "The document does not mention the size of the cache.",
        "The size of the cache is not mentioned in the document.",
    ),
    ("Paris", "paris."),
    ("Paris", "**Paris**"),
    ("The capital of France is Paris.", "Paris"),
    ("Paris is the capital of France.", "The capital of France is Paris."),
    ("Sure! The answer is 42.", "42"),
    ("The answer is 42. Let me know if you have questions!", "The answer is 42."),
    ("Yes.", "Yes, you can."),
    ("Yes, you can return it within 30 days.", "Yes. Returns are possible within 30 days."),
    ("No", "No, that is not possible."),
    ("William Shakespeare", "Shakespeare"),
    ("It was written by William Shakespeare.", "William Shakespeare wrote it."),
    ("July 20, 1969", "20 July 1969"),
    ("It happened on July 20, 1969.", "On 1969-07-20."),
    ("1,000 km", "1000 kilometers"),
    ("The distance is about 384,400 km.", "384400 km"),
    ("two", "2"),
    ("There are seven continents.", "There are 7 continents."),
    ("3.14", "3.14159"),
    ("{\"a\": 1, \"b\": 2}", "```json\n{\"b\": 2, \"a\": 1}\n```"),
    (
        "```python\nprint( 1 )\n```",
        "Here is the code:\n```python\nprint( 1 )\n```\nHope this helps!",
    ),
    ("I'm sorry, but I can't assist with that.", "I cannot help with that request."),
    ("an apple", "Apple"),
    (
        "Use `git reset --soft HEAD~1`.",
        "Run `git reset --soft HEAD~1` to undo the last commit and keep the changes.",
    ),
    ("See https://example.com/docs/.", "You find it at https://example.com/docs"),
    ("True", "Yes"),
    ("Blue", "The sky is blue because of Rayleigh scattering."),
    (
        "1. Open Settings\n2. Tap Security\n3. Choose Reset password",
        "- Open Settings\n- Tap Security\n- Choose \"Reset password\"",
    ),
    (
        "To reset your password, open the settings page, choose Security and click Reset password. You will get an email with a link.",
        "Go to the settings page, select Security, and click on Reset password. An email with a link will be sent to you.",
    ),
    (
        "Photosynthesis is the process by which plants convert sunlight, water and carbon dioxide into glucose and oxygen.",
        "Photosynthesis is how plants turn sunlight, carbon dioxide and water into oxygen and glucose (a sugar).",
    ),
    (
        "A binary search tree is a tree in which each node has at most two children, with smaller keys on the left and larger keys on the right.",
        "In a binary search tree every node has up to two children: keys smaller than the node are on the left, larger keys on the right.",
    ),
    (
        "Albert Einstein developed the theory of general relativity, published in 1915.",
        "The theory of general relativity was developed by Albert Einstein and published in 1915.",
    ),
    (
        "The mitochondria produce most of the cell's energy in the form of ATP, which is why they are called its powerhouse.",
        "Mitochondria are called the powerhouse of the cell because they produce most of its energy as ATP.",
    ),
    ("Washington, D.C.", "Washington DC"),
    ("Die Hauptstadt von Frankreich ist Paris.", "Paris ist die Hauptstadt von Frankreich."),
    ("Sí, es posible.", "Sí"),
    ("東京です。", "東京です"),
    (
        "Step 1: Boil water. Step 2: Add pasta for 10 minutes.",
        "Boil water, then add pasta for 10 minutes.",
    ),
    ("$5.00", "5 dollars"),
    ("No, you can't.", "No."),
    ("50%", "50 percent"),
];

/// Wrong: answers to another question, or to the same one with another result.
const DIFFERENT: [(&str, &str); 40] = [
    ("Paris", "Lyon"),
    ("Paris is the capital of France.", "The capital of France is Lyon."),
    ("Yes", "No"),
    ("Yes, you can return it.", "No, you cannot return it."),
    ("Yes.", "No, returns are not accepted after 30 days."),
    ("True", "False"),
    ("Absolutely! You can take it on board.", "No, it is not allowed on board."),
    ("Yes, it is safe.", "It is not safe to eat."),
    ("You can cancel the order.", "You cannot cancel the order."),
    ("The medicine is safe during pregnancy.", "The medicine isn't safe during pregnancy."),
    ("1969", "1968"),
    ("It happened in 1969.", "It happened in 1968."),
    ("July 20, 1969", "July 16, 1969"),
    ("5 km", "5 miles"),
    ("The store opens at 9 am.", "The store opens at 9 pm."),
    ("42", "The answer is 43."),
    ("30 days", "14 days"),
    ("You have 30 days to return the item.", "You have 14 days to return the item."),
    ("-5 degrees", "5 degrees"),
    ("William Shakespeare", "Christopher Marlowe"),
    ("It was written by William Shakespeare.", "It was written by Christopher Marlowe."),
    ("Barack Obama was the president then.", "George Bush was the president then."),
    ("I'm sorry, but I can't assist with that.", "The capital of France is Paris."),
    ("As an AI language model, I don't have access to real-time data.", "It is 20 °C in Berlin."),
    ("{\"city\": \"Paris\"}", "{\"city\": \"Lyon\"}"),
    (
        "{\"tool_calls\":[{\"name\":\"f\",\"arguments\":{\"a\":1}}]}",
        "{\"tool_calls\":[{\"name\":\"f\",\"arguments\":{\"a\":2}}]}",
    ),
    ("", "Paris"),
    ("blue", "red"),
    ("Use `git reset --soft HEAD~1`.", "Use `git reset --hard HEAD~1`."),
    (
        "```sql\nSELECT name FROM city WHERE year = 2019\n```",
        "```sql\nSELECT name FROM city WHERE year = 2020\n```",
    ),
    ("```python\nprint(sum(xs))\n```", "```rust\nlet reader = BufReader::new(file);\n```"),
    ("See https://example.com/returns", "See https://example.com/shipping"),
    (
        "To reset your password, open the settings page and choose Security.",
        "Bananas are rich in potassium and make a good snack before exercise.",
    ),
    (
        "To reset your password, open the settings page, choose Security and click Reset password.",
        "To delete your account, contact our support team, who will ask you to confirm by email.",
    ),
    ("The meeting takes place on Monday.", "The meeting takes place on Friday."),
    ("Lima", "La capital de Bolivia es Sucre."),
    ("東京", "大阪"),
    ("The CEO is Tim Cook.", "The CEO is Satya Nadella."),
    ("50%", "15%"),
    ("Nein", "Ja, das geht."),
];

#[test]
fn answers_in_other_words_agree() {
    let mistakes: Vec<_> = SAME
        .iter()
        .map(|(stored, fresh)| (stored, fresh, wrong(stored, fresh)))
        .filter(|(_, _, comparison)| comparison.wrong > 0.35)
        .collect();
    assert!(mistakes.is_empty(), "{mistakes:#?}");
}

#[test]
fn other_answers_differ() {
    let mistakes: Vec<_> = DIFFERENT
        .iter()
        .map(|(stored, fresh)| (stored, fresh, wrong(stored, fresh)))
        .filter(|(_, _, comparison)| comparison.wrong < 0.65)
        .collect();
    assert!(mistakes.is_empty(), "{mistakes:#?}");
}

#[test]
fn what_decided_is_said() {
    for (stored, fresh, expected) in [
        ("Paris", "Sure! **Paris**", "equal after normalisation"),
        ("It was in 1969.", "It was in 1968.", "numbers differ"),
        ("Yes.", "No.", "yes against no"),
        ("I cannot help with that.", "It is 4.", "one refuses"),
        ("", "4", "one is empty"),
        ("{\"a\":1}", "{\"a\":2}", "JSON values differ"),
        ("blue", "red", "short answers differ"),
        ("Paris", "It is Paris, the largest city of France.", "one contains the other"),
        ("The CEO is Tim Cook.", "The CEO is Satya Nadella.", "names differ"),
    ] {
        assert_eq!(wrong(stored, fresh).reason.as_str(), expected, "{stored} | {fresh}");
    }
}

#[test]
fn evidence_moves_what_the_words_leave_open() {
    let (stored, fresh) = (
        "Rain forms when vapour condenses into drops that grow heavy enough to fall.",
        "Water in clouds gathers in droplets; once they weigh too much, they come down.",
    );
    let with = |cosine, verified| compare(stored, fresh, Evidence { cosine, verified }).wrong;
    assert!(with(Some(0.95), None) < with(None, None));
    assert!(with(Some(0.2), None) > with(None, None));
    assert!(with(None, Some(0.95)) < with(None, Some(0.05)));
    assert_eq!(with(Some(f32::NAN), Some(f32::NAN)), with(None, None));
    // No model talks a yes into a no.
    let evidence = Evidence { cosine: Some(0.99), verified: Some(0.99) };
    assert!(compare("Yes, you can.", "No, you cannot.", evidence).wrong > 0.5);
}

/// Pieces of answers: what the rules look at, and what breaks parsers.
fn answers() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("Sure! "),
        Just("Here is the code:\n"),
        Just("```"),
        Just("```\n"),
        Just("`"),
        Just("1. "),
        Just("\n- "),
        Just("Yes, "),
        Just("No. "),
        Just("not "),
        Just("Paris "),
        Just("the "),
        Just("1,000.50 km "),
        Just("-5 "),
        Just("2024-05-01 "),
        Just("https://a.b/c "),
        Just("{\"a\": 1}"),
        Just("{"),
        Just("東京"),
        Just("ß’é "),
        Just("İ"),
        Just("I can't help with that. "),
        Just("Let me know! "),
        Just("."),
        Just(": "),
        Just("$"),
        Just("Answer: "),
        Just("two million "),
        Just("n't "),
        Just("\u{301}"),
    ];
    prop::collection::vec(
        prop_oneof![4 => piece.prop_map(str::to_owned), 1 => any::<String>()],
        0..12,
    )
    .prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn any_two_answers_compare(stored in answers(), fresh in answers(), cosine in any::<Option<f32>>(), verified in any::<Option<f32>>()) {
        let evidence = Evidence { cosine, verified };
        let comparison = compare(&stored, &fresh, evidence);
        prop_assert!((0.0..=1.0).contains(&comparison.wrong));
        prop_assert_eq!(comparison, compare(&fresh, &stored, evidence));
        prop_assert_eq!(compare(&stored, &stored, evidence).wrong, 0.0);
    }

    #[test]
    fn any_answer_can_be_judged(question in answers(), stored in answers(), fresh in answers()) {
        let prompt = judge_prompt(&question, &stored, &fresh);
        prop_assert!(prompt.contains(&stored) && prompt.contains(&fresh));
        parse_judgement(&stored);
    }
}
