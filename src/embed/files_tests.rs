//! The description of a model, read from copies of the tiny model with one file changed.

use std::{fs, path::Path};

use serde_json::{Value, json};
use tempfile::TempDir;

use super::*;

fn tiny() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/tiny-bert")
}

fn read(folder: &Path) -> Result<Description, LoadError> {
    Description::read(&Files::Folder(folder.to_path_buf()))
}

/// A copy of the tiny model's small files in which `file` says `content`.
fn with(file: &str, content: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("1_Pooling")).unwrap();
    for name in
        ["config.json", "modules.json", "1_Pooling/config.json", "sentence_bert_config.json"]
    {
        fs::copy(tiny().join(name), folder.path().join(name)).unwrap();
    }
    fs::write(folder.path().join(file), content).unwrap();
    folder
}

/// The tiny model's `file` with `changes` laid over it.
#[expect(clippy::needless_pass_by_value, reason = "callers build it in place")]
fn changed(file: &str, changes: Value) -> TempDir {
    let mut value: Value = serde_json::from_slice(&fs::read(tiny().join(file)).unwrap()).unwrap();
    for (key, change) in changes.as_object().unwrap() {
        value[key] = change.clone();
    }
    with(file, &value.to_string())
}

#[test]
fn the_tiny_model_describes_itself() {
    let description = read(&tiny()).unwrap();
    assert_eq!(description.config.hidden_size, 32);
    assert_eq!(description.pooling, Pooling::Mean);
    assert_eq!(description.max_tokens, 96, "the trained window, not the number of positions");
    assert_eq!((description.prefix.as_str(), description.lowercase), ("", false));
}

#[test]
fn pooling_is_read_in_both_spellings() {
    let off = json!({"pooling_mode_mean_tokens": false});
    let cases = [
        (json!({"pooling_mode_cls_token": true}), Pooling::Cls),
        (json!({"pooling_mode_max_tokens": true}), Pooling::Max),
        (json!({"pooling_mode": "cls"}), Pooling::Cls),
        (json!({"pooling_mode": "mean"}), Pooling::Mean),
    ];
    for (mut changes, expected) in cases {
        changes.as_object_mut().unwrap().extend(off.as_object().unwrap().clone());
        let folder = changed("1_Pooling/config.json", changes);
        assert_eq!(read(folder.path()).unwrap().pooling, expected);
    }
}

#[test]
fn the_default_prompt_becomes_the_prefix() {
    let prompts = json!({"prompts": {"query": "query: ", "passage": "passage: "}, "default_prompt_name": "query"});
    let folder = with("config_sentence_transformers.json", &prompts.to_string());
    assert_eq!(read(folder.path()).unwrap().prefix, "query: ");
}

#[test]
fn without_sentence_transformers_files_the_mean_and_all_positions_are_used() {
    let folder = with("config.json", &fs::read_to_string(tiny().join("config.json")).unwrap());
    for file in ["modules.json", "1_Pooling/config.json", "sentence_bert_config.json"] {
        fs::remove_file(folder.path().join(file)).unwrap();
    }
    let description = read(folder.path()).unwrap();
    assert_eq!((description.pooling, description.max_tokens), (Pooling::Mean, 128));
}

#[test]
fn what_is_not_supported_is_named_with_its_file() {
    let dense = r#"[{"type": "sentence_transformers.models.Dense", "path": "2_Dense"}]"#;
    let cases = [
        (changed("config.json", json!({"model_type": "modernbert"})), "modernbert", "config.json"),
        (
            changed("config.json", json!({"position_embedding_type": "relative_key"})),
            "relative_key",
            "config.json",
        ),
        (changed("config.json", json!({"hidden_act": "swish"})), "swish", "config.json"),
        (
            changed("config.json", json!({"num_attention_heads": 5})),
            "num_attention_heads",
            "config.json",
        ),
        (
            changed("1_Pooling/config.json", json!({"pooling_mode_lasttoken": true})),
            "lasttoken",
            "1_Pooling",
        ),
        (
            changed("1_Pooling/config.json", json!({"pooling_mode_mean_tokens": false})),
            "no pooling mode",
            "1_Pooling",
        ),
        (
            changed("1_Pooling/config.json", json!({"word_embedding_dimension": 384})),
            "384",
            "1_Pooling",
        ),
        (
            changed("1_Pooling/config.json", json!({"include_prompt": false})),
            "include_prompt",
            "1_Pooling",
        ),
        (with("modules.json", dense), "Dense", "modules.json"),
        (with("config.json", "{\"model_type\": \"be"), "EOF", "config.json"),
        (with("config.json", "not json"), "expected", "config.json"),
        (
            with("config_sentence_transformers.json", r#"{"default_prompt_name": "query"}"#),
            "query",
            "config_sentence",
        ),
    ];
    for (folder, problem, file) in cases {
        let message = read(folder.path()).unwrap_err().to_string();
        assert!(message.contains(problem) && message.contains(file), "{problem}: {message}");
    }
}

#[test]
fn a_missing_config_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let message = read(folder.path()).unwrap_err().to_string();
    assert!(message.contains("config.json is missing"), "{message}");
}
