//! Thinking blocks, which a provider signs and wants back, in the one place where a Responses client keeps and returns
//! what it cannot read: `encrypted_content` of a reasoning item.

use serde_json::Value;

/// `encrypted_content` that holds `blocks`.
pub(super) fn seal(blocks: &[Value]) -> String {
    format!("{SEAL}{}", Value::from(blocks))
}

/// The blocks in an `encrypted_content`, when it is one of ours.
pub(super) fn open(content: &str) -> Option<Vec<Value>> {
    serde_json::from_str(content.strip_prefix(SEAL)?).ok()
}

/// `encrypted_content` that no provider of Responses can open.
pub(super) fn is_ours(content: &str) -> bool {
    content.starts_with(SEAL)
}

const SEAL: &str = "scrimp-thinking:";
