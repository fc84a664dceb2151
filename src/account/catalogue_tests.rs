//! The format: what is shown reads back, and what could be misread is refused.

use proptest::prelude::*;

use super::*;
use crate::account::book::SHIPPED;

fn file(models: &str) -> String {
    format!(r#"{{"about":"","models":[{models}]}}"#)
}

fn model(fields: &str) -> String {
    format!(r#"{{"provider":"p","model":"m",{fields}"output":"1","source":"","checked":""}}"#)
}

#[test]
fn the_shipped_catalogue_is_shown_as_it_is() {
    let catalogue = Catalogue::parse(SHIPPED).unwrap();
    assert_eq!(catalogue.to_string(), SHIPPED);
}

#[test]
fn everything_that_a_price_has_can_be_written() {
    let line = concat!(
        r#"{"provider": "p", "model": "m", "also": ["n"], "input": "1.00", "output": "2.00", "cached_input": "0.10", "#,
        r#""cache_write": "1.25", "cache_write_1h": "2.00", "audio_input": "3.00", "cached_audio": "0.30", "#,
        r#""image_input": "4.00", "audio_output": "5.00", "image_output": "6.00", "reasoning": "7.00", "#,
        r#""tiers": [{"above": 200000, "input": "2.00", "output": "4.00"}], "#,
        r#""batch": {"input": "0.50", "output": "1.00", "tiers": [{"above": 200000, "input": "1.00", "output": "2.00"}]}, "#,
        r#""flex": {"input": "0.50", "output": "1.00"}, "priority": {"input": "2.00", "output": "4.00"}, "#,
        r#""request": "0.005", "web_search": "0.01", "context": 1000, "max_output": 100, "source": "s", "checked": "c", "note": "n"}"#,
    );
    let text = format!("{{\n  \"about\": \"a\",\n  \"models\": [\n    {line}\n  ]\n}}\n");
    let catalogue = Catalogue::parse(&text).unwrap();
    assert_eq!(catalogue.to_string(), text);
    let price = &catalogue.models[0].price;
    assert_eq!(price.standard.rates.cache_write_1h, Some(2_000_000_000));
    assert_eq!(price.batch.as_ref().unwrap().tiers[0].above, 200_000);
    assert_eq!((price.request, price.web_search), (5_000_000, 10_000_000));
}

#[test]
fn a_catalogue_that_is_wrong_is_refused_with_the_entry_named() {
    let tiers = r#""input":"1","tiers":[{"above":9,"input":"1","output":"1"},{"above":9,"input":"1","output":"1"}],"#;
    for (text, problem) in [
        (file(&model(r#""input":"-1","#)), "p/m: not a decimal amount of USD, such as 0.15"),
        (
            file(&model(r#""input":0.15,"#)),
            "p/m: invalid type: floating point `0.15`, expected a string",
        ),
        (file(&model("")), "p/m: missing field `input`"),
        (file(&model(r#""input":"1","cached":"1","#)), "p/m: unknown field `cached`"),
        (file(&model(r#""input":"1","above":9,"#)), "p/m: unknown field `above`"),
        (
            file(&model(r#""input":"1","batch":{"input":"1","output":"1","context":1},"#)),
            "p/m: unknown field `context`",
        ),
        (
            file(&model(
                r#""input":"1","flex":{"input":"1","output":"1","tiers":[{"above":1,"input":"1","output":"1","x":1}]},"#,
            )),
            "p/m: unknown field `x`",
        ),
        (file(&model(tiers)), "p/m: `tiers` are not in order, each `above` once"),
        (file(&format!("{0},{0}", model(r#""input":"1","#))), "p/m is listed twice"),
        (file(&model(r#""input":"1","also":["m"],"#)), "p/m is listed twice"),
        (file("{}"), "?/?: missing field `provider`"),
        (file("1"), "?/?: invalid type: integer `1`, expected struct Entry"),
        ("{}".to_owned(), "the price catalogue has no list of `models`"),
        (String::new(), "the price catalogue is not JSON"),
    ] {
        assert_eq!(Catalogue::parse(&text).unwrap_err().to_string(), problem, "{text}");
    }
    assert!(Catalogue::parse(&file(&model(r#""input":"1","#))).is_ok());
    assert!(Catalogue::parse(&file(&model(r#""input":"1","cached_input":null,"#))).is_ok());
}

proptest! {
    #[test]
    fn no_text_panics(text in ".{0,60}") {
        let _ = Catalogue::parse(&text);
        let _ = Catalogue::parse(&file(&text));
        let _ = Catalogue::parse(&file(&model(&text)));
    }

    #[test]
    fn any_cut_of_a_catalogue_is_refused(at in 0..SHIPPED.len()) {
        if let Some(cut) = SHIPPED.get(..at).filter(|cut| cut.trim_end().len() < SHIPPED.trim_end().len()) {
            prop_assert!(Catalogue::parse(cut).is_err());
        }
    }
}
