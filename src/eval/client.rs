//! Asks a gateway one question and reads what its headers say.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use serde::Deserialize;
use serde_json::{Value, json};

/// One answer as a client sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct Seen {
    /// HTTP status.
    pub status: u16,
    /// `x-scrimp-cache`; empty when there is none.
    pub cache: String,
    /// `x-scrimp-tier`.
    pub tier: Option<String>,
    /// `x-scrimp-overhead-us`.
    pub overhead: Option<Duration>,
    /// `x-scrimp-cost-usd`.
    pub cost: Option<f64>,
    /// `x-scrimp-saved-usd`.
    pub saved: Option<f64>,
    /// The completion's id: the same for every replay of one stored answer.
    pub id: Option<String>,
    /// From request to the end of the body.
    pub latency: Duration,
}

/// A client of one gateway.
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    url: String,
    model: String,
}

impl Client {
    /// A client that asks for `model` at `address`.
    pub fn new(address: SocketAddr, model: &str) -> Self {
        Self {
            http: reqwest::Client::new(),
            url: format!("http://{address}/v1/chat/completions"),
            model: model.to_owned(),
        }
    }

    /// Asks, and waits for the whole answer.
    pub async fn ask(&self, messages: &Value) -> Result<Seen, reqwest::Error> {
        #[derive(Deserialize)]
        struct Body {
            id: Option<String>,
        }
        let body = json!({"model": self.model, "messages": messages}).to_string();
        let start = Instant::now();
        let request = self
            .http
            .post(&self.url)
            .header("content-type", "application/json")
            .bearer_auth("scrimp-bench");
        let response = request.body(body).send().await?;
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        let body = response.bytes().await?;
        let latency = start.elapsed();
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let number = |name: &str| text(name).and_then(|value| value.parse::<f64>().ok());
        Ok(Seen {
            status,
            cache: text("x-scrimp-cache").unwrap_or_default().to_owned(),
            tier: text("x-scrimp-tier").map(str::to_owned),
            overhead: number("x-scrimp-overhead-us")
                .map(|micros| Duration::from_secs_f64(micros / 1e6)),
            cost: number("x-scrimp-cost-usd"),
            saved: number("x-scrimp-saved-usd"),
            id: serde_json::from_slice::<Body>(&body).ok().and_then(|body| body.id),
            latency,
        })
    }
}
