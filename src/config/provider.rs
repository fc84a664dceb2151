//! Upstream vendors: what they speak, where they are, and by what they know us.

use std::path::PathBuf;

use indexmap::IndexMap;

use super::Secret;

/// One upstream vendor.
#[derive(Debug, Clone)]
pub struct Provider {
    /// What it speaks, with what that takes.
    pub format: Format,
    /// `https://host/v1`, without a slash at the end; the path of each resource is appended.
    pub base_url: String,
    /// Keys, taken in turn (`api_key` or `api_keys`); none is sent when empty.
    pub api_keys: Vec<Secret>,
    /// Extra headers for every call (`headers`).
    pub headers: IndexMap<String, Secret>,
    /// Ask for usage in streams (`stream_usage`, default true); switch off for a vendor that refuses `stream_options`.
    pub stream_usage: bool,
    /// It has OpenAI's `/responses` and keeps their state (`responses`).
    pub responses: bool,
}

/// The formats of requests and answers, and the schemes of their URLs and keys.
#[derive(Debug, Clone)]
pub enum Format {
    /// OpenAI's chat completions, as most vendors speak them; key as `Authorization: Bearer`.
    OpenAi,
    /// The same with Azure's key header; the model is a deployment.
    Azure {
        /// `api-version` of the URLs by deployment (`api_version`); without it `/openai/v1` is asked.
        api_version: Option<String>,
    },
    /// Anthropic's Messages.
    Anthropic,
    /// Google's `generateContent`, with an API key.
    Gemini,
    /// The same on Vertex AI, with a service account; Claude there speaks Messages.
    Vertex(Vertex),
    /// Amazon Bedrock's Converse.
    Bedrock {
        /// For example `us-east-1` (`region`).
        region: String,
        /// Signs the requests; `None`: an API key is sent as `Authorization: Bearer`.
        credentials: Option<Aws>,
    },
}

/// Where on Vertex AI, and as whom.
#[derive(Debug, Clone)]
pub struct Vertex {
    /// The project; by default that of the service account (`project`).
    pub project: Option<String>,
    /// For example `europe-west4`, or `global` (`location`).
    pub location: String,
    /// The service account's JSON key file (`credentials`).
    pub credentials: PathBuf,
}

/// Keys of an AWS identity.
#[derive(Debug, Clone)]
pub struct Aws {
    /// `access_key_id`.
    pub access_key_id: Secret,
    /// `secret_access_key`.
    pub secret_access_key: Secret,
    /// `session_token`, of temporary keys.
    pub session_token: Option<Secret>,
}
