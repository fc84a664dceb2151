//! Where a provider's resources are.

use http::{HeaderMap, HeaderName, HeaderValue, Uri};
use url::Url;

use super::{Endpoint, sign::aws::converse_path};
use crate::{
    config::{Format, Provider, Target},
    provider::{Dialect, Outbound, is_claude, is_of_a_maker},
};

/// A provider with its base URL parsed: doing that for every request would cost more than sending it.
pub struct Address {
    /// The provider.
    pub provider: Provider,
    base: Url,
    /// `base` with the paths that every request to OpenAI's dialect asks for.
    chat: Uri,
    /// Of Vertex AI.
    project: String,
}

impl Address {
    /// That of `provider`; on Vertex AI in `project`.
    pub fn new(provider: Provider, project: String) -> Result<Self, String> {
        let root = match &provider.format {
            Format::Azure { api_version: None } if !provider.base_url.ends_with("/openai/v1") => {
                format!("{}/openai/v1", provider.base_url)
            }
            _ => provider.base_url.clone(),
        };
        let base = Url::parse(&root).map_err(|error| error.to_string())?;
        let chat = uri(&below(&base, ["chat", "completions"]))?;
        Ok(Self { provider, base, chat, project })
    }

    /// Adds the operator's own headers for this provider.
    pub fn add_headers(&self, headers: &mut HeaderMap) {
        for (name, value) in &self.provider.headers {
            if let (Ok(name), Ok(value)) =
                (HeaderName::try_from(name), HeaderValue::try_from(value.expose()))
            {
                headers.insert(name, value);
            }
        }
    }

    /// Where `outbound` goes; an error names what this provider does not have.
    pub fn uri(
        &self,
        endpoint: Endpoint,
        target: &Target,
        outbound: &Outbound,
    ) -> Result<Uri, &'static str> {
        let model = target.model.as_str();
        match endpoint {
            Endpoint::Answers => self.answers(model, outbound),
            Endpoint::Embeddings => uri(&self.embeddings(model)?),
            Endpoint::CountTokens => match self.provider.format {
                Format::Anthropic => uri(&below(&self.base, ["messages", "count_tokens"])),
                _ => Err("this provider does not count tokens"),
            },
        }
    }

    /// The list of models, which is asked for to see whether the provider is there; `None` where that takes more than a key.
    pub fn models(&self) -> Option<Uri> {
        match self.provider.format {
            Format::OpenAi
            | Format::Anthropic
            | Format::Gemini
            | Format::Azure { api_version: None } => uri(&below(&self.base, ["models"])).ok(),
            Format::Azure { .. } | Format::Vertex(_) | Format::Bedrock { .. } => None,
        }
    }

    fn answers(&self, model: &str, outbound: &Outbound) -> Result<Uri, &'static str> {
        let url = match &self.provider.format {
            Format::Azure { api_version: Some(version) } => {
                self.deployment(model, ["chat", "completions"], version)
            }
            Format::OpenAi | Format::Azure { .. } if outbound.dialect == Dialect::Responses => {
                below(&self.base, ["responses"])
            }
            Format::OpenAi | Format::Azure { .. } => return Ok(self.chat.clone()),
            Format::Anthropic => below(&self.base, ["messages"]),
            Format::Gemini => generate(&below(&self.base, ["models"]), model, outbound.stream),
            Format::Vertex(vertex) if is_of_a_maker(model) => {
                let path = ["projects", &self.project, "locations", vertex.location.as_str()];
                let endpoint = ["endpoints", "openapi", "chat", "completions"];
                below(&below(&self.base, path), endpoint)
            }
            Format::Vertex(vertex) => {
                let maker = if is_claude(model) { "anthropic" } else { "google" };
                let location = vertex.location.as_str();
                let path = ["projects", &self.project, "locations", location, "publishers", maker];
                let models = below(&below(&self.base, path), ["models"]);
                match (maker, outbound.stream) {
                    ("google", stream) => generate(&models, model, stream),
                    (_, false) => below(&models, [format!("{model}:rawPredict").as_str()]),
                    (_, true) => below(&models, [format!("{model}:streamRawPredict").as_str()]),
                }
            }
            Format::Bedrock { .. } => {
                let mut url = self.base.clone();
                let root = url.path().trim_end_matches('/').to_owned();
                url.set_path(&format!("{root}{}", converse_path(model, outbound.stream)));
                url
            }
        };
        uri(&url)
    }

    fn embeddings(&self, model: &str) -> Result<Url, &'static str> {
        match &self.provider.format {
            Format::Azure { api_version: Some(version) } => {
                Ok(self.deployment(model, ["embeddings"], version))
            }
            Format::OpenAi | Format::Azure { .. } => Ok(below(&self.base, ["embeddings"])),
            // Google's own address for clients of OpenAI's dialect.
            Format::Gemini => Ok(below(&self.base, ["openai", "embeddings"])),
            Format::Anthropic | Format::Vertex(_) | Format::Bedrock { .. } => Err(
                "embeddings of this provider are not spoken; name another provider's model, or 'local'",
            ),
        }
    }

    fn deployment<const N: usize>(&self, model: &str, resource: [&str; N], version: &str) -> Url {
        let deployment = below(&self.base, ["openai", "deployments", model]);
        let mut url = below(&deployment, resource);
        url.query_pairs_mut().append_pair("api-version", version);
        url
    }
}

fn uri(url: &Url) -> Result<Uri, &'static str> {
    Uri::try_from(url.as_str()).map_err(|_| "its address cannot hold the name of this model")
}

/// `base` with further segments, percent-encoded.
fn below<const N: usize>(base: &Url, segments: [&str; N]) -> Url {
    let mut url = base.clone();
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().extend(segments);
    }
    url
}

/// Google's method of `model`.
fn generate(models: &Url, model: &str, stream: bool) -> Url {
    if !stream {
        return below(models, [format!("{model}:generateContent").as_str()]);
    }
    let mut url = below(models, [format!("{model}:streamGenerateContent").as_str()]);
    url.set_query(Some("alt=sse"));
    url
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use indexmap::IndexMap;

    use super::*;
    use crate::config::Vertex;

    fn url(
        format: Format,
        base_url: &str,
        endpoint: Endpoint,
        model: &str,
        stream: bool,
    ) -> String {
        let provider = Provider {
            format,
            base_url: base_url.into(),
            api_keys: Vec::new(),
            headers: IndexMap::new(),
            stream_usage: true,
            responses: true,
        };
        let address = Address::new(provider, "my-project".into()).unwrap();
        let dialect = Dialect::of(&address.provider, model, None);
        let outbound = Outbound { dialect, body: Bytes::new(), stream, dropped: Vec::new() };
        let target = Target { provider: "p".into(), model: model.into() };
        match address.uri(endpoint, &target, &outbound) {
            Ok(url) => url.to_string(),
            Err(problem) => problem.to_owned(),
        }
    }

    #[test]
    fn every_vendors_addresses() {
        let vertex = || {
            Format::Vertex(Vertex {
                project: None,
                location: "europe-west4".into(),
                credentials: "x".into(),
            })
        };
        let azure =
            |version: Option<&str>| Format::Azure { api_version: version.map(str::to_owned) };
        let bedrock = || Format::Bedrock { region: "us-east-1".into(), credentials: None };
        use Endpoint::{Answers, CountTokens, Embeddings};
        for (format, base, endpoint, model, stream, expected) in [
            (Format::OpenAi, "https://h/v1", Answers, "a/b", true, "https://h/v1/chat/completions"),
            (Format::OpenAi, "https://h/v1", Embeddings, "e", false, "https://h/v1/embeddings"),
            (
                azure(None),
                "https://r.openai.azure.com",
                Answers,
                "d",
                false,
                "https://r.openai.azure.com/openai/v1/chat/completions",
            ),
            (
                azure(None),
                "https://r.openai.azure.com/openai/v1",
                Embeddings,
                "d",
                false,
                "https://r.openai.azure.com/openai/v1/embeddings",
            ),
            (
                azure(Some("2024-10-21")),
                "https://r.openai.azure.com",
                Answers,
                "my dep",
                false,
                "https://r.openai.azure.com/openai/deployments/my%20dep/chat/completions?api-version=2024-10-21",
            ),
            (
                azure(Some("2024-10-21")),
                "https://r.openai.azure.com",
                Embeddings,
                "d",
                false,
                "https://r.openai.azure.com/openai/deployments/d/embeddings?api-version=2024-10-21",
            ),
            (
                Format::Anthropic,
                "https://api.anthropic.com/v1",
                Answers,
                "claude",
                true,
                "https://api.anthropic.com/v1/messages",
            ),
            (
                Format::Anthropic,
                "https://api.anthropic.com/v1",
                CountTokens,
                "claude",
                false,
                "https://api.anthropic.com/v1/messages/count_tokens",
            ),
            (
                Format::Gemini,
                "https://g/v1beta",
                Answers,
                "gemini-3",
                false,
                "https://g/v1beta/models/gemini-3:generateContent",
            ),
            (
                Format::Gemini,
                "https://g/v1beta",
                Answers,
                "gemini-3",
                true,
                "https://g/v1beta/models/gemini-3:streamGenerateContent?alt=sse",
            ),
            (
                Format::Gemini,
                "https://g/v1beta",
                Embeddings,
                "e",
                false,
                "https://g/v1beta/openai/embeddings",
            ),
            (
                vertex(),
                "https://v/v1",
                Answers,
                "gemini-3",
                true,
                "https://v/v1/projects/my-project/locations/europe-west4/publishers/google/models/gemini-3:streamGenerateContent?alt=sse",
            ),
            (
                vertex(),
                "https://v/v1",
                Answers,
                "claude-x@20250101",
                true,
                "https://v/v1/projects/my-project/locations/europe-west4/publishers/anthropic/models/claude-x@20250101:streamRawPredict",
            ),
            (
                vertex(),
                "https://v/v1",
                Answers,
                "xai/grok-4.6",
                true,
                "https://v/v1/projects/my-project/locations/europe-west4/endpoints/openapi/chat/completions",
            ),
            (
                vertex(),
                "https://v/v1",
                Answers,
                "claude-x",
                false,
                "https://v/v1/projects/my-project/locations/europe-west4/publishers/anthropic/models/claude-x:rawPredict",
            ),
            (
                bedrock(),
                "https://b",
                Answers,
                "us.anthropic.claude-v1:0",
                true,
                "https://b/model/us.anthropic.claude-v1%3A0/converse-stream",
            ),
            (
                bedrock(),
                "https://b",
                CountTokens,
                "m",
                false,
                "this provider does not count tokens",
            ),
        ] {
            assert_eq!(url(format, base, endpoint, model, stream), expected);
        }
        assert!(
            url(Format::Anthropic, "https://a/v1", Embeddings, "m", false).contains("not spoken")
        );
    }
}
