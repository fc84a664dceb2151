//! By what a provider knows us: keys in headers, signatures, and tokens that are fetched and renewed.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::{HeaderMap, HeaderName, HeaderValue, Request, Uri, header};
use http_body_util::{BodyExt as _, Collected, Full, Limited};
use tokio::sync::Mutex;

use super::{
    SetupError,
    clients::Client,
    keyring::{KeyId, Keyring},
    sign::{aws, google},
};
use crate::config::{Aws, Format, Provider, Secret};

/// The credentials of one provider.
pub struct Credentials {
    /// Keys that are sent as they are.
    pub keys: Keyring,
    scheme: Scheme,
}

/// How a request says who sends it.
enum Scheme {
    /// `Authorization: Bearer`.
    Bearer,
    /// The key in a header of this name.
    Header(&'static str),
    /// Signed with an AWS identity.
    Signed { region: String, identity: aws::Credentials },
    /// With the token of a Google service account.
    Account { account: Box<google::ServiceAccount>, token: Mutex<Option<google::Token>> },
}

/// Why a request cannot be sent in our name.
#[derive(Debug, thiserror::Error)]
pub enum CredentialsError {
    /// The request cannot be signed.
    #[error("the request cannot be signed: {0}")]
    Signature(#[from] aws::SignError),
    /// No token was given.
    #[error("no access token from {host}: {problem}")]
    Token {
        /// Who was asked.
        host: String,
        /// What happened.
        problem: String,
    },
}

/// What is to be sent.
pub struct Unsigned<'a> {
    pub uri: &'a Uri,
    pub headers: &'a mut HeaderMap,
    pub body: &'a [u8],
}

/// The headers of keys.
const ANTHROPIC_KEY: &str = "x-api-key";
const GOOGLE_KEY: &str = "x-goog-api-key";
/// Anthropic's version header (<https://docs.anthropic.com/en/api/versioning>).
const ANTHROPIC_VERSION: &str = "2023-06-01";
/// Time in which a token has to come, and what an answer with one may be long.
const TOKEN_TIMEOUT: Duration = Duration::from_secs(15);
const MAX_TOKEN_BYTES: usize = 1 << 20;

impl Credentials {
    /// Those of the provider `name`, and its project on Vertex AI. Reads the key file of a service account.
    pub fn new(name: &str, provider: &Provider) -> Result<(Self, String), SetupError> {
        let keys = Keyring::new(provider.api_keys.clone());
        let (scheme, project) = match &provider.format {
            Format::OpenAi => (Scheme::Bearer, None),
            Format::Azure { .. } => (Scheme::Header("api-key"), None),
            Format::Anthropic => (Scheme::Header(ANTHROPIC_KEY), None),
            Format::Gemini => (Scheme::Header(GOOGLE_KEY), None),
            Format::Bedrock { region, credentials } => {
                (scheme_of(region, credentials.as_ref()), None)
            }
            Format::Vertex(vertex) => {
                let path = vertex.credentials.display().to_string();
                let problem = |problem: String| SetupError::Credentials {
                    name: name.to_owned(),
                    path: path.clone(),
                    problem,
                };
                let text = std::fs::read_to_string(&vertex.credentials)
                    .map_err(|error| problem(error.to_string()))?;
                let account = google::ServiceAccount::parse(text.as_bytes())
                    .map_err(|error| problem(error.to_string()))?;
                let project =
                    vertex.project.clone().or_else(|| account.project().map(str::to_owned));
                let project = project.ok_or_else(|| {
                    problem("names no project_id; say which with `project`".to_owned())
                })?;
                let account =
                    Scheme::Account { account: Box::new(account), token: Mutex::default() };
                (account, Some(project))
            }
        };
        Ok((Self { keys, scheme }, project.unwrap_or_default()))
    }

    /// Adds what tells the provider who we are.
    pub async fn apply(
        &self,
        client: &Client,
        key: KeyId,
        request: Unsigned<'_>,
    ) -> Result<(), CredentialsError> {
        let Unsigned { uri, headers, body } = request;
        match &self.scheme {
            Scheme::Bearer => {
                if let Some(key) = self.keys.secret(key) {
                    put(headers, header::AUTHORIZATION, &format!("Bearer {}", key.expose()));
                }
            }
            Scheme::Header(name) => {
                if let Some(key) = self.keys.secret(key) {
                    put(headers, HeaderName::from_static(name), key.expose());
                }
                match *name {
                    ANTHROPIC_KEY => put(
                        headers,
                        HeaderName::from_static("anthropic-version"),
                        ANTHROPIC_VERSION,
                    ),
                    // Its address for clients of OpenAI's dialect knows no other.
                    GOOGLE_KEY if uri.path().contains("/openai/") => {
                        if let Some(key) = self.keys.secret(key) {
                            let bearer = format!("Bearer {}", key.expose());
                            put(headers, header::AUTHORIZATION, &bearer);
                        }
                    }
                    _ => {}
                }
            }
            Scheme::Signed { region, identity } => {
                let signed = [("content-type", "application/json")];
                let url = uri.to_string();
                let request = aws::Request { method: "POST", url: &url, headers: &signed, body };
                let scope = aws::Scope { region, service: aws::BEDROCK };
                headers.extend(aws::sign(&request, identity, scope, SystemTime::now())?);
            }
            Scheme::Account { account, token } => {
                // Most providers ask for none: its state would be carried through every request.
                let token = Box::pin(self.token(client, account, token)).await?;
                put(headers, header::AUTHORIZATION, &format!("Bearer {}", token.expose()));
            }
        }
        Ok(())
    }

    /// The token in hand, or a fresh one; whoever comes first fetches it, the others wait for it.
    async fn token(
        &self,
        client: &Client,
        account: &google::ServiceAccount,
        held: &Mutex<Option<google::Token>>,
    ) -> Result<Secret, CredentialsError> {
        let mut held = held.lock().await;
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        if let Some(token) = held.as_ref().filter(|token| !token.must_be_renewed(now)) {
            return Ok(Secret::new(token.expose()));
        }
        let host = account.token_uri().split('/').nth(2).unwrap_or_default().to_owned();
        let failed = |problem: String| CredentialsError::Token { host: host.clone(), problem };
        let assertion =
            google::assertion(account, now).map_err(|error| failed(error.to_string()))?;
        let request = Request::post(account.token_uri())
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Full::from(google::token_request(&assertion)))
            .map_err(|error| failed(error.to_string()))?;
        let answered = async {
            let response = client.send(request).await.map_err(|error| error.to_string())?;
            let status = response.status();
            // What the other side says may hold parts of what it was sent.
            if !status.is_success() {
                return Err(format!("it answered {status}"));
            }
            let body = Limited::new(response.into_body(), MAX_TOKEN_BYTES).collect().await;
            body.map(Collected::to_bytes).map_err(|error| error.to_string())
        };
        let body = tokio::time::timeout(TOKEN_TIMEOUT, answered).await;
        let body = body.unwrap_or_else(|_| Err("no answer in time".to_owned())).map_err(failed)?;
        let token = google::Token::parse(&body, now).map_err(|error| failed(error.to_string()))?;
        let secret = Secret::new(token.expose());
        *held = Some(token);
        Ok(secret)
    }
}

fn scheme_of(region: &str, identity: Option<&Aws>) -> Scheme {
    match identity {
        None => Scheme::Bearer,
        Some(Aws { access_key_id, secret_access_key, session_token }) => Scheme::Signed {
            region: region.to_owned(),
            identity: aws::Credentials {
                access_key_id: access_key_id.expose().to_owned(),
                secret_access_key: secret_access_key.expose().to_owned(),
                session_token: session_token.as_ref().map(|token| token.expose().to_owned()),
            },
        },
    }
}

/// A secret, which no log of headers shows.
fn put(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(mut value) = HeaderValue::from_str(value) {
        value.set_sensitive(true);
        headers.insert(name, value);
    }
}
