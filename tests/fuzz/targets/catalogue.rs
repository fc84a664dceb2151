//! Price catalogues, ours and those that are imported: what was read can be written, and read again as the same.
//!
//! Input: a byte for the format, then the text.
#![cfg_attr(fuzzing, no_main)]

use std::collections::HashSet;

use scrimp::account::{
    Catalogue,
    import::{Imported, Origin, litellm, models_dev},
};

fn run(bytes: &[u8]) {
    let Some((format, text)) = bytes.split_first() else { return };
    let Ok(text) = std::str::from_utf8(text) else { return };
    let origin = Origin { source: "https://example.com/list", checked: "2026-11-21" };
    match format % 3 {
        0 => {
            if let Ok(catalogue) = Catalogue::parse(text) {
                survives_writing(&catalogue);
            }
        }
        1 => litellm(text, origin).iter().for_each(imported),
        _ => models_dev(text, origin).iter().for_each(imported),
    }
}

fn imported(imported: &Imported) {
    survives_writing(&imported.catalogue);
    let names: HashSet<String> = imported
        .catalogue
        .models
        .iter()
        .map(|entry| format!("{}/{}", entry.provider, entry.model))
        .collect();
    assert!(imported.rounded.iter().all(|name| names.contains(name)));
}

fn survives_writing(catalogue: &Catalogue) {
    let text = catalogue.to_string();
    match Catalogue::parse(&text) {
        Ok(again) => assert_eq!(&again, catalogue),
        Err(error) => panic!("{error}:\n{text}"),
    }
}

scrimp_fuzz::target!(run);
