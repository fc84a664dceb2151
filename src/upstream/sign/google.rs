//! Service accounts of Google Cloud: from the key file to the token that Vertex AI wants. Sends nothing itself.
//!
//! Follows <https://developers.google.com/identity/protocols/oauth2/service-account#httprest> and RFC 7523: a claim
//! signed with the account's key is changed for a token that is good for an hour.

use std::fmt;

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use ring::{
    rand::SystemRandom,
    signature::{RSA_PKCS1_SHA256, RsaKeyPair},
};
use serde_json::{Value, json};

use crate::config::Secret;

/// Why there is no token. Nothing of a key or a token is in the words.
#[derive(Debug, thiserror::Error)]
pub enum GoogleError {
    /// The key file or the answer.
    #[error("not JSON (line {line})")]
    NotJson {
        /// Line of the mistake.
        line: usize,
    },
    /// Credentials of another kind.
    #[error("'type' is not 'service_account' but '{0}'")]
    Kind(String),
    /// A field of the key file or of the answer.
    #[error("'{0}' is missing")]
    Missing(&'static str),
    /// The key is not in the form that Google gives keys in.
    #[error("'private_key' is not a PKCS #8 key in PEM")]
    NotPem,
    /// The key is no RSA key of at least 2048 bits.
    #[error("'private_key': {0}")]
    Key(ring::error::KeyRejected),
    /// Signing failed.
    #[error("the claim cannot be signed")]
    Unsigned,
    /// The token endpoint said no.
    #[error("{code}: {description}")]
    Refused {
        /// `invalid_grant` and the like.
        code: String,
        /// What Google says of it.
        description: String,
    },
}

/// A service account that can sign.
pub struct ServiceAccount {
    email: String,
    project: Option<String>,
    token_uri: String,
    key_id: Option<String>,
    key: RsaKeyPair,
}

impl ServiceAccount {
    /// Reads a key file as the console of Google Cloud gives it out.
    pub fn parse(key_file: &[u8]) -> Result<Self, GoogleError> {
        let file = json_of(key_file)?;
        let kind = text(&file, "type")?;
        if kind != "service_account" {
            return Err(GoogleError::Kind(kind.to_owned()));
        }
        let key = pem_to_der(text(&file, "private_key")?).ok_or(GoogleError::NotPem)?;
        Ok(Self {
            email: text(&file, "client_email")?.to_owned(),
            project: text(&file, "project_id").ok().map(str::to_owned),
            token_uri: text(&file, "token_uri")?.to_owned(),
            key_id: text(&file, "private_key_id").ok().map(str::to_owned),
            key: RsaKeyPair::from_pkcs8(&key).map_err(GoogleError::Key)?,
        })
    }

    /// Where a claim is changed for a token.
    pub fn token_uri(&self) -> &str {
        &self.token_uri
    }

    /// The project that the account belongs to, when the file names it.
    pub fn project(&self) -> Option<&str> {
        self.project.as_deref()
    }
}

impl fmt::Debug for ServiceAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServiceAccount").field("email", &self.email).finish_non_exhaustive()
    }
}

/// A signed claim (a JWT) that `account` asks for a token, good for an hour from `now`, seconds of the Unix epoch.
pub fn assertion(account: &ServiceAccount, now: u64) -> Result<String, GoogleError> {
    let mut header = json!({"alg": "RS256", "typ": "JWT"});
    if let Some(id) = &account.key_id {
        header["kid"] = id.as_str().into();
    }
    let claims = json!({
        "iss": account.email,
        "scope": SCOPE,
        "aud": account.token_uri,
        "iat": now,
        "exp": now.saturating_add(CLAIM_SECONDS),
    });
    let encode = |part: &Value| URL_SAFE_NO_PAD.encode(part.to_string());
    let claim = format!("{}.{}", encode(&header), encode(&claims));
    let mut signature = vec![0; account.key.public().modulus_len()];
    account
        .key
        .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), claim.as_bytes(), &mut signature)
        .map_err(|_| GoogleError::Unsigned)?;
    Ok(format!("{claim}.{}", URL_SAFE_NO_PAD.encode(signature)))
}

/// The body, `application/x-www-form-urlencoded`, that changes `assertion` for a token.
pub fn token_request(assertion: &str) -> String {
    // The parts of an assertion are written in letters that need no escape.
    format!(
        "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion={assertion}"
    )
}

/// A token and its end.
#[derive(Debug)]
pub struct Token {
    secret: Secret,
    /// Seconds of the Unix epoch.
    end: u64,
}

impl Token {
    /// Reads what the token endpoint answered, whatever the status, at `now`, seconds of the Unix epoch.
    pub fn parse(answer: &[u8], now: u64) -> Result<Self, GoogleError> {
        let answer = json_of(answer)?;
        if let Ok(code) = text(&answer, "error") {
            let description = text(&answer, "error_description").unwrap_or("no reason given");
            return Err(GoogleError::Refused {
                code: code.to_owned(),
                description: description.to_owned(),
            });
        }
        let secret = Secret::new(text(&answer, "access_token")?);
        let lasts = answer.get("expires_in").and_then(Value::as_u64);
        let lasts = lasts.ok_or(GoogleError::Missing("expires_in"))?;
        Ok(Self { secret, end: now.saturating_add(lasts) })
    }

    /// The token, for the `Authorization: Bearer` header.
    pub fn expose(&self) -> &str {
        self.secret.expose()
    }

    /// It ends within a minute of `now`, or has ended: too late for a request that may be on its way for a while.
    pub fn must_be_renewed(&self, now: u64) -> bool {
        now.saturating_add(MARGIN_SECONDS) >= self.end
    }
}

const SCOPE: &str = "https://www.googleapis.com/auth/cloud-platform";
/// The longest that Google allows.
const CLAIM_SECONDS: u64 = 3600;
const MARGIN_SECONDS: u64 = 60;

fn json_of(bytes: &[u8]) -> Result<Value, GoogleError> {
    serde_json::from_slice(bytes).map_err(|error| GoogleError::NotJson { line: error.line() })
}

fn text<'a>(object: &'a Value, name: &'static str) -> Result<&'a str, GoogleError> {
    object.get(name).and_then(Value::as_str).ok_or(GoogleError::Missing(name))
}

/// The bytes of a PEM text (RFC 7468).
fn pem_to_der(pem: &str) -> Option<Vec<u8>> {
    let (_, rest) = pem.split_once("-----BEGIN PRIVATE KEY-----")?;
    let (body, _) = rest.split_once("-----END PRIVATE KEY-----")?;
    let base64: String = body.split_whitespace().collect();
    STANDARD.decode(base64).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use ring::signature::{KeyPair as _, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};

    use super::*;

    const KEY_FILE: &str = include_str!("../../../tests/fixtures/google-service-account.json");

    fn decoded(part: &str) -> Value {
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
    }

    #[test]
    fn a_claim_says_who_asks_for_what_and_is_signed_with_the_accounts_key() {
        let account = ServiceAccount::parse(KEY_FILE.as_bytes()).unwrap();
        let assertion = assertion(&account, 1_700_000_000).unwrap();
        let (claim, signature) = assertion.rsplit_once('.').unwrap();
        let (header, claims) = claim.split_once('.').unwrap();
        assert_eq!(
            decoded(header),
            json!({"alg": "RS256", "typ": "JWT", "kid": "0000000000000000000000000000000000000000"})
        );
        assert_eq!(
            decoded(claims),
            json!({
                "iss": "gateway@example-project.iam.gserviceaccount.com",
                "scope": "https://www.googleapis.com/auth/cloud-platform",
                "aud": "https://oauth2.googleapis.com/token",
                "iat": 1_700_000_000,
                "exp": 1_700_003_600,
            })
        );
        let key = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, account.key.public_key());
        let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
        key.verify(claim.as_bytes(), &signature).unwrap();
        assert!(key.verify(b"another claim", &signature).is_err());
    }

    #[test]
    fn the_key_file_tells_where_and_for_which_project() {
        let account = ServiceAccount::parse(KEY_FILE.as_bytes()).unwrap();
        assert_eq!(account.token_uri(), "https://oauth2.googleapis.com/token");
        assert_eq!(account.project(), Some("example-project"));
    }

    #[test]
    fn a_key_file_that_cannot_sign_says_why() {
        let with = |name: &str, value: Value| {
            let mut file: Value = serde_json::from_str(KEY_FILE).unwrap();
            file[name] = value;
            file.to_string()
        };
        for (file, phrase) in [
            ("no JSON".to_owned(), "not JSON"),
            ("{}".to_owned(), "'type' is missing"),
            (with("type", json!("authorized_user")), "'authorized_user'"),
            (with("client_email", json!(5)), "'client_email' is missing"),
            (with("token_uri", json!(null)), "'token_uri' is missing"),
            (with("private_key", json!("secret")), "not a PKCS #8 key"),
            (
                with(
                    "private_key",
                    json!("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"),
                ),
                "'private_key': ",
            ),
        ] {
            let error = ServiceAccount::parse(file.as_bytes()).unwrap_err().to_string();
            assert!(error.contains(phrase), "{error}");
        }
    }

    #[test]
    fn secrets_do_not_show() {
        let account = format!("{:?}", ServiceAccount::parse(KEY_FILE.as_bytes()).unwrap());
        assert_eq!(
            account,
            "ServiceAccount { email: \"gateway@example-project.iam.gserviceaccount.com\", .. }"
        );
        let token =
            Token::parse(br#"{"access_token":"ya29.secret","expires_in":3599}"#, 0).unwrap();
        assert!(!format!("{token:?}").contains("ya29"));
    }

    #[test]
    fn the_form_holds_the_claim() {
        assert_eq!(
            token_request("a.b-c_d"),
            "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=a.b-c_d"
        );
    }

    #[test]
    fn a_token_is_renewed_a_minute_before_its_end() {
        let answer = br#"{"access_token":"ya29.x","expires_in":3599,"token_type":"Bearer"}"#;
        let token = Token::parse(answer, 1000).unwrap();
        assert_eq!(token.expose(), "ya29.x");
        for (now, expected) in
            [(1000, false), (4538, false), (4539, true), (4599, true), (9999, true)]
        {
            assert_eq!(token.must_be_renewed(now), expected, "{now}");
        }
        assert!(token.must_be_renewed(u64::MAX));
    }

    #[test]
    fn what_is_no_token_says_why() {
        for (answer, phrase) in [
            (
                &br#"{"error":"invalid_grant","error_description":"Invalid JWT Signature."}"#[..],
                "invalid_grant: Invalid JWT Signature.",
            ),
            (br#"{"error":"invalid_client"}"#, "invalid_client: no reason given"),
            (br#"{"expires_in":5}"#, "'access_token' is missing"),
            (br#"{"access_token":"x","expires_in":"5"}"#, "'expires_in' is missing"),
            (b"<html>", "not JSON"),
        ] {
            let error = Token::parse(answer, 0).unwrap_err().to_string();
            assert_eq!(error.split(" (").next(), Some(phrase));
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..60), text in "[-{}\"a-z:BEGINPRVATKYD \n]{0,60}", now in any::<u64>()) {
            for bytes in [&bytes[..], text.as_bytes()] {
                let _ = ServiceAccount::parse(bytes);
                let _ = Token::parse(bytes, now).map(|token| token.must_be_renewed(now));
            }
            let _ = pem_to_der(&text);
        }
    }
}
