//! The operator's side, on a listener of its own: metrics and health.

use std::{sync::Arc, time::Duration};

use axum::{
    Json, Router,
    extract::State,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use http::{StatusCode, header};
use serde_json::{Value, json};

use crate::{
    account::NanoUsd,
    config::Target,
    pipeline::Gateway,
    route::promise,
    telemetry::{Levels, Promised, TargetHealth, WrongHits},
    upstream::Standing,
};

/// `GET /metrics`, `GET /admin/budget`, `GET /admin/router`, `POST /admin/router/rollback`, `GET /admin/targets`,
/// `GET /admin/keys`, `GET /healthz`, `GET /readyz`.
pub fn router(gateway: Arc<Gateway>) -> Router {
    Router::new()
        .route("/metrics", get(metrics))
        .route("/admin/budget", get(budget))
        .route("/admin/router", get(router_standing))
        .route("/admin/router/rollback", post(roll_back))
        .route("/admin/targets", get(targets))
        .route("/admin/keys", get(keys))
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
    let levels = Levels {
        cache: gateway.cache_size(),
        hits,
        promised: promised(&gateway),
        targets: health(&gateway),
    };
    match gateway.metrics().render(levels) {
        Ok(text) => ([(header::CONTENT_TYPE, OPEN_METRICS)], text).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// How targets do, for gauges.
fn health(gateway: &Gateway) -> Vec<TargetHealth> {
    let seconds = |time: Option<Duration>| time.map_or(f64::NAN, |time| time.as_secs_f64());
    let of = |(target, standing): (Target, Standing)| TargetHealth {
        target: target.to_string(),
        is_open: standing.state == "open",
        first_token: seconds(standing.first),
        total: seconds(standing.total),
        error_rate: standing.error_rate.unwrap_or(f64::NAN),
        in_flight: standing.in_flight,
    };
    gateway.standings().into_iter().map(of).collect()
}

/// How every target does that has been asked.
async fn targets(State(gateway): State<Arc<Gateway>>) -> Json<Value> {
    let seconds = |time: Option<Duration>| time.map(|time| time.as_secs_f64());
    let of = |(target, standing): (Target, Standing)| {
        json!({
            "target": target.to_string(),
            "state": standing.state,
            "first_token_seconds": seconds(standing.first),
            "total_seconds": seconds(standing.total),
            "requests_last_minute": standing.requests,
            "error_rate": standing.error_rate,
            "in_flight": standing.in_flight,
        })
    };
    let targets: Vec<Value> = gateway.standings().into_iter().map(of).collect();
    Json(json!({ "targets": targets }))
}

/// What each key with a budget has spent today, in UTC.
async fn keys(State(gateway): State<Arc<Gateway>>) -> Json<Value> {
    let of = |(name, (spent, cap)): (&str, (NanoUsd, NanoUsd))| {
        json!({
            "key": name,
            "spent_today_usd": spent.to_string(),
            "budget_usd_per_day": cap.to_string(),
        })
    };
    Json(json!({ "keys": gateway.keys_spent().into_iter().map(of).collect::<Vec<_>>() }))
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
