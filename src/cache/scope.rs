//! Who may share answers.

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use crate::{auth::Principal, config::Scope};

/// Names a scope; callers with equal ids share answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ScopeId(pub [u8; 32]);

impl From<ScopeId> for String {
    fn from(scope: ScopeId) -> Self {
        blake3::Hash::from_bytes(scope.0).to_hex().to_string()
    }
}

impl TryFrom<String> for ScopeId {
    type Error = blake3::HexError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Ok(Self(*blake3::Hash::from_hex(text)?.as_bytes()))
    }
}

impl ScopeId {
    /// The scope of a caller, narrowed to `within` when the caller asks for it: a caller can leave company, never join it.
    pub fn of(scope: &Scope, principal: &Principal, within: Option<&str>) -> Self {
        let mut hasher = SCOPE.clone();
        match scope {
            Scope::Key => hasher.update(&principal.id),
            Scope::Shared => hasher.update(b"shared"),
        };
        if let Some(name) = within {
            hasher.update(b"\0within\0").update(name.as_bytes());
        }
        Self(*hasher.finalize().as_bytes())
    }
}

static SCOPE: LazyLock<blake3::Hasher> =
    LazyLock::new(|| blake3::Hasher::new_derive_key("scrimp 2026 cache scope"));

impl std::fmt::Display for ScopeId {
    /// The first half of its hash: enough to tell scopes apart, and no key.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().take(8).try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caller_can_only_narrow_its_scope() {
        let [alice, bob] = [1, 2].map(|id| Principal {
            name: None,
            id: [id; 32],
            policy: None,
            is_limited: false,
        });
        assert_ne!(ScopeId::of(&Scope::Key, &alice, None), ScopeId::of(&Scope::Key, &bob, None));
        assert_ne!(
            ScopeId::of(&Scope::Key, &alice, Some("x")),
            ScopeId::of(&Scope::Key, &bob, Some("x"))
        );
        assert_eq!(
            ScopeId::of(&Scope::Shared, &alice, None),
            ScopeId::of(&Scope::Shared, &bob, None)
        );
        assert_ne!(
            ScopeId::of(&Scope::Shared, &alice, Some("x")),
            ScopeId::of(&Scope::Shared, &bob, None)
        );
    }
}
