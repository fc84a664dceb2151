//! The operator's side, on a listener of its own: metrics and health.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::State,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use http::{StatusCode, header};
use serde_json::{Value, json};

use crate::{
    pipeline::Gateway,
    route::promise,
    telemetry::{Promised, WrongHits},
};

/// `GET /metrics`, `GET /admin/budget`, `GET /admin/router`, `POST /admin/router/rollback`, `GET /healthz`, `GET /readyz`.
pub fn router(gateway: Arc<Gateway>) -> Router {
    Router::new()
        .route("/metrics", get(metrics))
        .route("/admin/budget", get(budget))
        .route("/admin/router", get(router_standing))
        .route("/admin/router/rollback", post(roll_back))
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
    match gateway.metrics().render(gateway.cache_size(), hits, promised(&gateway)) {
        Ok(text) => ([(header::CONTENT_TYPE, OPEN_METRICS)], text).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// Where the router's promise stands, for gauges.
fn promised(gateway: &Gateway) -> Promised {
    let report = gateway.learners().report();
    let quality = report.quality;
    let of = |part: fn(promise::Interval) -> f64| quality.map_or(f64::NAN, part);
    Promised {
        quality: of(|quality| quality.value),
        quality_low: of(|quality| quality.low),
        quality_high: of(|quality| quality.high),
        frontier_share: report.frontier_share.value,
        threshold: report.threshold,
        shadow_spend: gateway.shadow_spend().0.as_usd(),
    }
}

/// Where the router's promise stands and what it has learnt, in all and in each scope.
async fn router_standing(State(gateway): State<Arc<Gateway>>) -> Json<Value> {
    let learners = gateway.learners();
    let scopes: Vec<Value> = learners
        .standings()
        .into_iter()
        .map(|(scope, standing)| json!({"scope": scope.to_string(), "standing": standing}))
        .collect();
    let (spent, cap) = gateway.shadow_spend();
    Json(json!({
        "all": learners.report(),
        "scopes": scopes,
        "shadow": {"spent_today_usd": spent.to_string(), "cap_usd_per_day": cap.to_string()},
    }))
}

/// Every scope goes back to the shipped classifier; what was learnt from stays known.
async fn roll_back(State(gateway): State<Arc<Gateway>>) -> StatusCode {
    gateway.learners().roll_back();
    gateway.metrics().routing.version("rolled_back");
    tracing::info!("the router goes back to the shipped classifier");
    StatusCode::NO_CONTENT
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
