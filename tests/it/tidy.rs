//! The house stays in order: layers, borders, sizes. Reads the source; a mistake here is named with its file.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// Modules of one layer that may know each other, and why.
const NEIGHBOURS: [(&str, &str, &str); 8] = [
    ("auth", "config", "the keys that callers may use are configured"),
    ("telemetry", "config", "targets and tiers are labels of metrics"),
    ("provider", "account", "what a provider bills is read where its answers are"),
    (
        "protocol",
        "provider",
        "callers and providers of Anthropic's Messages say the same in the same words",
    ),
    ("cli", "app", "commands start the gateway"),
    ("verify", "cache", "an answer that declines is known where it is kept from being stored"),
    ("route", "cache", "an answer that declines is no reason to trust the cheap tier"),
    ("route", "verify", "two answers of the cheap tier are compared where all answers are"),
];

/// Words that only some places may use: whoever wants to replace what is behind them finds it there.
const BORDERS: [(&str, &[&str]); 14] = [
    ("axum", &["src/server/", "src/admin/", "src/eval/simulated.rs"]),
    ("reqwest", &["src/eval/client.rs"]),
    ("hyper_util::client", &["src/upstream/"]),
    ("hnsw_rs", &["src/index/hnsw.rs"]),
    ("candle_", &["src/embed/"]),
    (
        "moka",
        &[
            "src/cache/embeddings.rs",
            "src/cache/exact.rs",
            "src/embed/local.rs",
            "src/pipeline/budgets.rs",
            "src/pipeline/conversations.rs",
            "src/pipeline/learners.rs",
            "src/pipeline/readings.rs",
        ],
    ),
    ("jemalloc", &["src/allocator.rs"]),
    ("rusqlite", &["src/account/ledger/"]),
    ("aws_", &["src/upstream/sign/aws.rs", "src/provider/bedrock/frame.rs"]),
    ("use ring", &["src/upstream/sign/google.rs"]),
    ("println!", &["src/cli/output.rs"]),
    ("eprintln!", &["src/cli/output.rs"]),
    ("print!", &[]),
    ("process::exit", &["src/cli/output.rs"]),
];

const MAX_LINES: usize = 500;

/// A source file.
struct File {
    /// From the package's root.
    name: String,
    text: String,
}

impl File {
    /// The text without comments and without the tests at its end.
    fn code(&self) -> String {
        let product = self.text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
        let lines = product.lines().map(|line| line.split("//").next().unwrap_or_default());
        lines.collect::<Vec<_>>().join("\n")
    }

    fn is_test(&self) -> bool {
        self.name.contains("/tests/") || self.name.ends_with("tests.rs")
    }

    /// The top-level module: `cache` for `src/cache/key.rs`.
    fn module(&self) -> &str {
        let path = self.name.trim_start_matches("src/").trim_end_matches(".rs");
        path.split('/').next().unwrap_or_default()
    }

    /// The top-level modules of this package that it names.
    fn imports(&self) -> Vec<String> {
        let code = self.code();
        let mut found = Vec::new();
        for (start, _) in code.match_indices("crate::") {
            let rest = &code[start + "crate::".len()..];
            match rest.strip_prefix('{') {
                Some(list) => found.extend(heads(list)),
                None => found.push(word(rest)),
            }
        }
        found
    }
}

/// The first words of the items of a `{a::b, c::{d, e}}` list, its opening brace gone.
fn heads(list: &str) -> Vec<String> {
    let mut depth = 0;
    let mut item = String::new();
    let mut found = Vec::new();
    for c in list.chars() {
        match c {
            '}' if depth == 0 => break,
            ',' if depth == 0 => found.push(std::mem::take(&mut item)),
            '{' => depth += 1,
            '}' => depth -= 1,
            c if depth == 0 => item.push(c),
            _ => {}
        }
    }
    found.push(item);
    found.iter().map(|item| word(item.trim())).filter(|item| !item.is_empty()).collect()
}

fn word(text: &str) -> String {
    text.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect()
}

/// All Rust files under these folders.
fn files(folders: &[&str]) -> Vec<File> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders: Vec<PathBuf> = folders.iter().map(|folder| root.join(folder)).collect();
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
                found.push(File { name, text: fs::read_to_string(&path).unwrap() });
            }
        }
    }
    assert!(found.len() > 5);
    found
}

/// The layers as `src/lib.rs` draws them, the lowest first.
fn layers() -> Vec<Vec<String>> {
    let library = files(&["src"]).into_iter().find(|file| file.name == "src/lib.rs").unwrap().text;
    let mut picture = library.split("//! ```").nth(1).unwrap().lines();
    picture.next();
    let mut layers: Vec<Vec<String>> = picture
        .map(|line| {
            line.trim_start_matches("//!").split_whitespace().skip(1).map(str::to_owned).collect()
        })
        .collect();
    layers.retain(|layer| !layer.is_empty());
    layers.reverse();
    layers
}

#[test]
fn modules_import_from_layers_below() {
    let layers = layers();
    let height =
        |module: &str| layers.iter().position(|layer| layer.iter().any(|name| name == module));
    let mut mistakes = Vec::new();
    for file in files(&["src"]) {
        let module = file.module();
        // The binary's own are above all.
        if matches!(module, "lib" | "main" | "allocator") {
            continue;
        }
        let Some(own) = height(module) else {
            mistakes.push(format!("{}: '{module}' is in no layer of src/lib.rs", file.name));
            continue;
        };
        for import in file.imports().iter().filter(|import| *import != module) {
            let neighbours = NEIGHBOURS.iter().any(|(from, to, _)| *from == module && to == import);
            // What is no module is an item of the library itself.
            if height(import).is_some_and(|other| other > own || other == own && !neighbours) {
                mistakes.push(format!("{}: '{module}' is not above '{import}'", file.name));
            }
        }
    }
    assert!(mistakes.is_empty(), "{}", mistakes.join("\n"));
}

#[test]
fn every_module_is_in_the_picture() {
    let library = files(&["src"]).into_iter().find(|file| file.name == "src/lib.rs").unwrap();
    let mut declared: Vec<String> =
        library.code().lines().filter_map(|line| line.strip_prefix("pub mod ")).map(word).collect();
    let mut drawn: Vec<String> = layers().into_iter().flatten().collect();
    declared.sort();
    drawn.sort();
    assert_eq!(declared, drawn);
}

#[test]
fn borders_hold() {
    let mut mistakes = Vec::new();
    for file in files(&["src"]).iter().filter(|file| !file.is_test()) {
        let code = file.code();
        for (name, places) in BORDERS {
            // The longer word that holds this one has a line of its own.
            let used = code.match_indices(name).any(|(at, _)| {
                !code[..at].ends_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
            });
            if used && !places.iter().any(|place| file.name.starts_with(place)) {
                mistakes.push(format!("{}: '{name}' belongs to {places:?}", file.name));
            }
        }
    }
    assert!(mistakes.is_empty(), "{}", mistakes.join("\n"));
}

#[test]
fn files_are_short_and_say_what_they_are() {
    let mut mistakes = Vec::new();
    for file in files(&["src", "tests", "benches"]) {
        let lines = file.text.lines().count();
        if lines > MAX_LINES {
            mistakes.push(format!("{}: {lines} lines; look for the second idea", file.name));
        }
        if !file.text.starts_with("//! ") {
            mistakes.push(format!("{}: does not begin with what it is", file.name));
        }
    }
    assert!(mistakes.is_empty(), "{}", mistakes.join("\n"));
}
