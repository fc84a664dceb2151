//! The operator's side, on a listener of its own: metrics and health.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::State,
    response::{IntoResponse, Response},
    routing::get,
};
use http::{StatusCode, header};
use serde_json::{Value, json};

use crate::{pipeline::Gateway, telemetry::WrongHits};

/// `GET /metrics`, `GET /admin/budget`, `GET /healthz`, `GET /readyz`.
pub fn router(gateway: Arc<Gateway>) -> Router {
    Router::new()
        .route("/metrics", get(metrics))
        .route("/admin/budget", get(budget))
        .route("/healthz", get(|| async { "ok" }))
        .route("/readyz", get(ready))
        .with_state(gateway)
}

async fn metrics(State(gateway): State<Arc<Gateway>>) -> Response {
    let report = gateway.budgets().report();
    let hits = WrongHits {
        rate: report.wrong_rate.unwrap_or(f64::NAN),
        low: report.low,
        high: report.high,
        threshold: report.threshold.unwrap_or(f64::INFINITY),
    };
    match gateway.metrics().render(gateway.cache_size(), hits) {
        Ok(text) => ([(header::CONTENT_TYPE, OPEN_METRICS)], text).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// Where the error budget stands, in all and in each scope.
async fn budget(State(gateway): State<Arc<Gateway>>) -> Json<Value> {
    let budgets = gateway.budgets();
    let scopes: Vec<Value> = budgets
        .reports()
        .into_iter()
        .map(|(scope, report)| json!({"scope": scope.to_string(), "report": report}))
        .collect();
    Json(json!({"all": budgets.report(), "scopes": scopes}))
}

/// `200 ready`, or 503 once the gateway drains.
async fn ready(State(gateway): State<Arc<Gateway>>) -> (StatusCode, &'static str) {
    if gateway.is_ready() {
        (StatusCode::OK, "ready")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "draining")
    }
}

const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
