//! Configurations: every mistake has a place in the file, and none tells a secret. And quantities with units.
//!
//! Input: YAML; or `=` and a quantity.
#![cfg_attr(fuzzing, no_main)]

use scrimp::{
    account::NanoUsd,
    config::{Config, units},
};

/// What `${KEY}` stands for.
const SECRET: &str = "sk-Zx81Qv";

fn run(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    match text.strip_prefix('=') {
        Some(quantity) => quantities(quantity),
        None => configuration(text),
    }
}

fn configuration(text: &str) {
    let env = |name: &str| match name {
        "KEY" => Some(SECRET.to_owned()),
        "EMPTY" => Some(String::new()),
        _ => None,
    };
    let told = match Config::from_yaml(text, "f", &env) {
        Ok(loaded) => loaded.warnings.join("\n"),
        Err(errors) => {
            assert!(!errors.mistakes.is_empty());
            let lines = text.split(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}']).count();
            for position in errors.mistakes.iter().filter_map(|mistake| mistake.position) {
                assert!((1..=lines).contains(&position.line) && position.column > 0, "{errors}");
            }
            errors.to_string()
        }
    };
    assert!(!told.contains(SECRET) || text.contains(SECRET), "{told}");
}

fn quantities(text: &str) {
    type Read = fn(&str) -> Result<u64, units::UnitError>;
    let _ = (units::duration(text), units::size(text));
    if let Ok(share) = units::share(text) {
        assert!((0.0..=1.0).contains(&share), "{share}");
    }
    let kinds: [(&str, Read); 3] =
        [("USD/M", units::price), ("USD", units::money), ("USD/day", units::daily_money)];
    for (unit, read) in kinds {
        if let Ok(nano) = read(text) {
            assert_eq!(read(&format!("{} {unit}", NanoUsd(nano))), Ok(nano));
        }
    }
    if let Ok(money) = text.parse::<NanoUsd>() {
        assert_eq!(money.to_string().parse(), Ok(money));
    }
}

scrimp_fuzz::target!(run);
