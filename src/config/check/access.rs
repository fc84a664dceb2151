//! Who can reach the gateway and who may use it: `listen`, `admin`, `auth`, `keys`.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use crate::config::{
    CallerKey,
    quantities::choose,
    reader::{Field, Section},
    tree::Value,
};

const DEFAULT_LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 4000);
const DEFAULT_ADMIN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 4001);
/// Shortest secret of a caller, characters.
const MIN_SECRET: usize = 8;
/// Longest name of a caller, characters: it goes to logs and metrics.
const MAX_NAME: usize = 64;

pub(super) struct Access {
    pub listen: SocketAddr,
    pub admin: Option<SocketAddr>,
    pub keys: Vec<CallerKey>,
}

#[derive(Clone, Copy, PartialEq)]
enum Auth {
    /// Any bearer token is accepted.
    None,
    /// Only the tokens in `keys`.
    Keys,
}

pub(super) fn access(root: &mut Section<'_>) -> Access {
    let listen_field = root.field("listen");
    let listen = listen_field.as_ref().map_or(Some(DEFAULT_LISTEN), |field| field.parse(address));
    let (admin, admin_field) = admin(root);
    let auth_field = root.field("auth");
    let auth = auth_field.as_ref().and_then(|field| {
        field.parse(|text| choose(text, &[("none", Auth::None), ("keys", Auth::Keys)]))
    });
    let entries = root.named("keys");
    let has_keys = !entries.is_empty();
    let keys = keys(entries);

    if let (Some(listen), Some(admin)) = (listen, admin) {
        if overlap(listen, admin) {
            let message = format!(
                "the gateway and the admin listener cannot share {listen}; give them different ports"
            );
            let fields = [admin_field.as_ref(), listen_field.as_ref()];
            if let Some(field) = fields.into_iter().flatten().next() {
                field.mistake(message);
            }
        }
        if !admin.ip().is_loopback() {
            let field = admin_field.as_ref();
            if let Some(field) = field {
                field.warn("metrics and admin can be reached from other machines, without a key");
            }
        }
    }
    match (auth, &auth_field) {
        (Some(Auth::Keys), Some(field)) if !has_keys => {
            field.mistake("there are no keys; add `keys: { NAME: SECRET }`");
        }
        (Some(Auth::None), Some(field)) if has_keys => {
            field.mistake("keys are configured, so they are asked for; remove one of the two");
        }
        _ => {}
    }
    if let (Some(listen), Some(field)) = (listen, &listen_field)
        && !listen.ip().is_loopback()
        && !has_keys
    {
        match auth {
            None if auth_field.is_none() => field.mistake(format!(
                "{listen} can be reached from other machines, and without keys anyone there could \
                 spend your money; add `keys: {{ NAME: SECRET }}`, or `auth: none` if that is meant"
            )),
            Some(Auth::None) => {
                field.warn("any bearer token is accepted from other machines, as `auth: none` says")
            }
            _ => {}
        }
    }
    Access { listen: listen.unwrap_or(DEFAULT_LISTEN), admin, keys }
}

/// The address, and where it was given.
fn admin<'a>(root: &mut Section<'a>) -> (Option<SocketAddr>, Option<Field<'a>>) {
    let Some(field) = root.field("admin") else { return (Some(DEFAULT_ADMIN), None) };
    match field.value() {
        Value::Scalar(scalar) if matches!(scalar.text.as_str(), "off" | "false") => (None, None),
        Value::Scalar(_) | Value::List(_) => {
            field.mistake("expected `off` or a map such as { listen: 127.0.0.1:4001 }");
            (None, None)
        }
        Value::Null | Value::Map(_) | Value::Broken => {
            let mut section = field.section();
            let listen = section.field("listen");
            section.finish();
            match &listen {
                Some(field) => (field.parse(address), listen),
                None => (Some(DEFAULT_ADMIN), None),
            }
        }
    }
}

fn keys(entries: Vec<(&str, Field<'_>)>) -> Vec<CallerKey> {
    let mut keys: Vec<CallerKey> = Vec::with_capacity(entries.len());
    for (name, field) in entries {
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
        if name.is_empty() || name.len() > MAX_NAME || !name.chars().all(allowed) {
            field.mistake("the name of a key has 1 to 64 letters, digits, `-`, `_` or `.`");
        } else if field.path().ends_with('…') {
            field.mistake("the name looks like a secret; write `NAME: SECRET`");
            continue;
        }
        let Some(hash) = secret_hash(field.clone()) else { continue };
        match keys.iter().find(|key| key.hash == hash) {
            Some(other) => field.mistake(format!("the same secret as keys.{}", other.name)),
            None => keys.push(CallerKey { name: name.to_owned(), hash }),
        }
    }
    keys
}

/// BLAKE3 of the secret in `NAME: SECRET` or `NAME: { key: SECRET }`.
fn secret_hash(field: Field<'_>) -> Option<[u8; 32]> {
    let field = if matches!(field.value(), Value::Map(_)) {
        let mut section = field.section();
        let key = section.required("key", "write `key: SECRET`");
        section.finish();
        key?
    } else {
        field
    };
    let secret = field.scalar()?.text.as_str();
    if !secret.chars().all(|c| c.is_ascii_graphic()) {
        field.mistake("the secret holds a space or a character that a header cannot carry");
        return None;
    }
    if secret.len() < MIN_SECRET {
        field.mistake(format!("the secret is shorter than {MIN_SECRET} characters"));
        return None;
    }
    Some(*blake3::hash(secret.as_bytes()).as_bytes())
}

fn address(text: &str) -> Result<SocketAddr, String> {
    let numeric = match text.strip_prefix("localhost:") {
        Some(port) => format!("127.0.0.1:{port}"),
        None => text.to_owned(),
    };
    numeric.parse().map_err(|_| {
        "is not an address; write IP:PORT, for example 127.0.0.1:4000 for this machine alone or \
         0.0.0.0:4000 for all"
            .to_owned()
    })
}

/// Whether both cannot be listened on at once; port 0 is a free one each time.
fn overlap(one: SocketAddr, other: SocketAddr) -> bool {
    let everywhere = one.ip().is_unspecified() || other.ip().is_unspecified();
    one.port() != 0 && one.port() == other.port() && (one.ip() == other.ip() || everywhere)
}
