//! Who is calling: a bearer token becomes a principal. Secrets are compared as hashes, in constant time.

use crate::config::{CallerKey, KeyPolicy};

/// A caller that we know or accept.
#[derive(Debug, Clone, PartialEq)]
pub struct Principal {
    /// The key's configured name; `None` for a token that is merely accepted.
    pub name: Option<String>,
    /// Separates this caller from all others: BLAKE3 of the token.
    pub id: [u8; 32],
    /// What `model: auto` means for it.
    pub policy: Option<KeyPolicy>,
    /// What it may spend has a limit.
    pub is_limited: bool,
}

/// Why a caller is turned away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AuthError {
    /// Keys are configured and none was sent.
    #[error("no API key was sent; send it as 'Authorization: Bearer KEY'")]
    Missing,
    /// The key is not one of the configured ones.
    #[error("the API key is not known here")]
    Unknown,
}

/// Knows the configured keys.
#[derive(Debug, Clone)]
pub struct Authenticator {
    keys: Vec<CallerKey>,
}

impl Authenticator {
    /// With no keys every token is accepted, and is a principal of its own.
    pub fn new(keys: Vec<CallerKey>) -> Self {
        Self { keys }
    }

    /// The principal behind `token`, the bare secret.
    pub fn authenticate(&self, token: Option<&str>) -> Result<Principal, AuthError> {
        let hash = blake3::hash(token.unwrap_or_default().as_bytes());
        if self.keys.is_empty() {
            return Ok(Principal {
                name: None,
                id: *hash.as_bytes(),
                policy: None,
                is_limited: false,
            });
        }
        if token.is_none() {
            return Err(AuthError::Missing);
        }
        // blake3::Hash compares in constant time; the loop looks at every key.
        let mut found = None;
        for key in &self.keys {
            if hash == key.hash {
                found = Some(key);
            }
        }
        let key = found.ok_or(AuthError::Unknown)?;
        Ok(Principal {
            name: Some(key.name.clone()),
            id: key.hash,
            policy: key.policy.clone(),
            is_limited: key.budget.is_some(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_keys_every_token_is_a_principal_of_its_own() {
        let open = Authenticator::new(Vec::new());
        let [a, b, none] =
            [Some("a"), Some("b"), None].map(|token| open.authenticate(token).unwrap().id);
        assert!(a != b && a != none && b != none);
    }

    #[test]
    fn with_keys_only_they_open() {
        let hash = *blake3::hash(b"secret-1").as_bytes();
        let key = CallerKey { name: "ci".into(), hash, policy: None, budget: None };
        let closed = Authenticator::new(vec![key]);
        assert_eq!(closed.authenticate(Some("secret-1")).unwrap().name.as_deref(), Some("ci"));
        assert_eq!(closed.authenticate(Some("secret-2")), Err(AuthError::Unknown));
        assert_eq!(closed.authenticate(None), Err(AuthError::Missing));
    }
}
