//! The gateway under test, and a client for it.

use std::{path::Path, sync::OnceLock, time::Duration};

use http::HeaderMap;
use scrimp::{
    app::{App, Model},
    cache::Clock,
    config::{Config, DeviceChoice, Embedding, ModelSource, Precision},
    embed::LocalEmbedder,
};
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use super::Upstream;

/// A gateway at work.
pub struct Gateway {
    app: Option<App>,
    clock: Clock,
    http: reqwest::Client,
    url: String,
    admin: String,
}

/// What a client got.
#[derive(Debug, Clone)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Headers.
    pub headers: HeaderMap,
    /// The whole body.
    pub body: String,
}

impl Answer {
    /// A header as text; empty when it is not there.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// `x-scrimp-cache`.
    pub fn cache(&self) -> &str {
        self.header("x-scrimp-cache")
    }

    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    /// The text of the first choice, streamed or not.
    pub fn text(&self) -> String {
        if self.header("content-type") == "text/event-stream" {
            let pieces = self.events().into_iter();
            return pieces
                .filter_map(|chunk| {
                    chunk["choices"][0]["delta"]["content"].as_str().map(str::to_owned)
                })
                .collect();
        }
        self.json()["choices"][0]["message"]["content"].as_str().unwrap_or_default().to_owned()
    }

    /// The events of a stream, without `[DONE]`.
    pub fn events(&self) -> Vec<Value> {
        let data = self.body.lines().filter_map(|line| line.strip_prefix("data: "));
        data.filter(|data| *data != "[DONE]")
            .map(|data| {
                serde_json::from_str(data).unwrap_or_else(|error| panic!("{error}: {data}"))
            })
            .collect()
    }

    /// The error's `code`.
    pub fn code(&self) -> String {
        self.json()["error"]["code"].as_str().unwrap_or_default().to_owned()
    }
}

/// The tiny model, loaded once for all tests: its vectors follow the words of a text and nothing else.
fn tiny_model() -> Model {
    static MODEL: OnceLock<Model> = OnceLock::new();
    let load = || {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/tiny-bert");
        let settings = Embedding {
            model: ModelSource::Folder(folder),
            device: DeviceChoice::Cpu,
            precision: Precision::F32,
            queue: 1024,
            batch_tokens: 4096,
        };
        LocalEmbedder::start(&settings).unwrap().into()
    };
    MODEL.get_or_init(load).clone()
}

impl Gateway {
    /// A gateway with one provider `p` at `upstream`; `more` is further YAML.
    pub async fn before(upstream: &Upstream, more: &str) -> Self {
        let provider = format!(
            "providers: {{ p: {{ type: openai, base_url: \"{}\", api_key: upstream-key }} }}",
            upstream.base_url()
        );
        Self::start(&format!("{provider}\n{more}")).await
    }

    /// A gateway with this configuration; unless it says otherwise its ports are free ones, and rewordings are served
    /// at the similarity that suits the tiny model.
    pub async fn start(yaml: &str) -> Self {
        Self::start_with(yaml, tiny_model()).await
    }

    /// A gateway with this configuration and this embedding model.
    pub async fn start_with(yaml: &str, model: Model) -> Self {
        let mut yaml = yaml.to_owned();
        for (key, default) in [
            ("listen:", "listen: 127.0.0.1:0"),
            ("admin:", "admin: { listen: 127.0.0.1:0 }"),
            ("cache:", "cache: { threshold: 0.8 }"),
            ("ledger:", "ledger: off"),
        ] {
            if !yaml.lines().any(|line| line.starts_with(key)) {
                yaml = format!("{yaml}\n{default}");
            }
        }
        let config = Config::from_yaml(&yaml, "test.yaml", &|_| None)
            .unwrap_or_else(|errors| panic!("{errors}"))
            .config;
        let clock = Clock::default();
        let app = App::start_with(config, Some(model), clock.clone()).await.unwrap();
        let url = format!("http://{}", app.address());
        let admin = format!("http://{}", app.admin_address().unwrap());
        Self { app: Some(app), clock, http: reqwest::Client::new(), url, admin }
    }

    /// The base URL, without `/v1`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The gateway itself.
    pub fn app(&self) -> &App {
        self.app.as_ref().unwrap()
    }

    /// Moves the cache's clock on.
    pub fn advance(&self, by: Duration) {
        self.clock.advance(by);
    }

    /// Stops it, and waits until it has.
    pub async fn stop(mut self) {
        self.app.take().unwrap().stop().await;
    }

    /// A request that can still be changed.
    pub fn post(&self, path: &str) -> reqwest::RequestBuilder {
        self.http.post(format!("{}{path}", self.url)).header("content-type", "application/json")
    }

    /// Sends a chat request as the caller `key` with more headers.
    pub async fn chat_as(&self, key: &str, headers: &[(&str, &str)], body: &Value) -> Answer {
        let mut request = self.post("/v1/chat/completions").bearer_auth(key).body(body.to_string());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        Self::read(request).await
    }

    /// Sends a chat request.
    pub async fn chat(&self, body: &Value) -> Answer {
        self.chat_as("test-key", &[], body).await
    }

    /// Sends a chat request on its own task; aborting it hangs up.
    pub fn spawn_chat(&self, headers: &[(&str, &str)], body: &Value) -> JoinHandle<Answer> {
        let request = self.post("/v1/chat/completions").bearer_auth("test-key");
        let request =
            headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        tokio::spawn(Self::read(request.body(body.to_string())))
    }

    /// Sends a chat request and reads as far as the response's head.
    pub async fn open_chat(&self, body: &Value) -> reqwest::Response {
        let request = self.post("/v1/chat/completions").bearer_auth("test-key");
        request.body(body.to_string()).send().await.unwrap()
    }

    /// Asks model `p/m` one question.
    pub async fn ask(&self, question: &str) -> Answer {
        self.chat(&json!({"model": "p/m", "messages": [{"role": "user", "content": question}]}))
            .await
    }

    /// Fetches a path.
    pub async fn get(&self, path: &str) -> Answer {
        Self::read(self.http.get(format!("{}{path}", self.url))).await
    }

    /// The metrics page.
    pub async fn metrics(&self) -> String {
        Self::read(self.http.get(format!("{}/metrics", self.admin))).await.body
    }

    /// A JSON page of the operator's side.
    pub async fn admin_json(&self, path: &str) -> Value {
        let answer = Self::read(self.http.get(format!("{}{path}", self.admin))).await;
        serde_json::from_str(&answer.body).unwrap()
    }

    /// One number of the metrics page; zero when it is not there.
    pub async fn metric(&self, name: &str) -> u64 {
        let page = self.metrics().await;
        let line = page.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.map_or(0, |value| value.parse().unwrap())
    }

    /// Waits until a number of the metrics page is `value`.
    pub async fn until_metric(&self, name: &str, value: u64) {
        while self.metric(name).await != value {
            tokio::task::yield_now().await;
        }
    }

    /// Sends a request and reads the whole answer.
    pub async fn read(request: reqwest::RequestBuilder) -> Answer {
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = response.bytes().await.unwrap();
        Answer { status, headers, body: String::from_utf8(body.to_vec()).unwrap() }
    }
}
