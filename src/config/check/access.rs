//! Who can reach the gateway and who may use it: `listen`, `admin`, `auth`.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use crate::config::{
    quantities::choose,
    reader::{Field, Section},
    tree::Value,
};

const DEFAULT_LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 4000);
const DEFAULT_ADMIN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 4001);

pub(super) struct Access<'a> {
    pub listen: SocketAddr,
    pub admin: Option<SocketAddr>,
    /// By name, still to be read: what `auto` means for a key is said in tiers.
    pub keys: Vec<(&'a str, Field<'a>)>,
}

#[derive(Clone, Copy, PartialEq)]
enum Auth {
    /// Any bearer token is accepted.
    None,
    /// Only the tokens in `keys`.
    Keys,
}

pub(super) fn access<'a>(root: &mut Section<'a>) -> Access<'a> {
    let listen_field = root.field("listen");
    let listen = listen_field.as_ref().map_or(Some(DEFAULT_LISTEN), |field| field.parse(address));
    let (admin, admin_field) = admin(root);
    let auth_field = root.field("auth");
    let auth = auth_field.as_ref().and_then(|field| {
        field.parse(|text| choose(text, &[("none", Auth::None), ("keys", Auth::Keys)]))
    });
    let keys = root.named("keys");
    let has_keys = !keys.is_empty();

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
