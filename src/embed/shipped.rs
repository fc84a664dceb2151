//! The embedding model in this binary.

/// Its name. `models/encoder/README.md` is its card.
pub const NAME: &str = "scrimp-encoder";

/// Its files. A constant would be in the binary once for each place that reads it.
pub static FILES: &[(&str, &[u8])] = &[
    ("config.json", include_bytes!("../../models/encoder/config.json")),
    ("tokenizer.json", include_bytes!("../../models/encoder/tokenizer.json")),
    ("model.safetensors", include_bytes!("../../models/encoder/model.safetensors")),
    ("sentence_bert_config.json", br#"{"max_seq_length": 256}"#),
];
