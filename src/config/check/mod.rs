//! The tree into a `Config`, one file per part. Every part reports its mistakes and goes on with defaults.

mod access;
mod cache;
mod embedding;
mod format;
mod keys;
mod limits;
mod money;
mod providers;
mod router;
mod rules;
mod targets;
mod url;

pub(super) use url::is_loopback_url;

use super::{
    Config,
    reader::{Report, Section},
    tree::Node,
};

/// Reads everything; the result is to be used only if `report` holds no mistake.
pub(super) fn check(report: &Report, root: &Node, env: &dyn Fn(&str) -> Option<String>) -> Config {
    let mut root = Section::root(report, root);
    let access = access::access(&mut root);
    let server = limits::server(root.section("server"));
    let providers = providers::providers(&mut root);
    let aliases = targets::aliases(&mut root, &providers.names);
    let tiers = targets::tiers(&mut root, &providers.names);
    let key_names = keys::names(&access.keys);
    let router = router::router(&mut root, &tiers, &key_names);
    let cache = cache::cache(root.section("cache"));
    let embedding = embedding::embedding(root.section("embedding"), env);
    let upstream = limits::upstream(root.section("upstream"));
    let prices = targets::prices(&mut root, &providers.names);
    let price_files = money::price_files(&mut root);
    let spending = money::spending(root.section("spending"), &providers.names);
    let ledger = money::ledger(&mut root);
    let models = targets::models(&mut root, &providers.names);
    let keys = keys::keys(access.keys, &tiers);
    root.finish();
    Config {
        listen: access.listen,
        server,
        admin: access.admin,
        keys,
        providers: providers.checked,
        aliases,
        tiers,
        router,
        cache,
        embedding,
        upstream,
        prices,
        price_files,
        spending,
        ledger,
        models,
    }
}
