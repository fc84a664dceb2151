//! `providers`: where they are, how they are paid for, and what their names may be.

use http::{HeaderName, HeaderValue};
use indexmap::IndexMap;

use super::{
    format::{format, usual_base_url},
    url::{base_url, is_loopback_url},
};
use crate::config::{
    Format, Provider, Secret,
    presets::{PRESETS, Preset, preset},
    reader::{Field, Section},
    tree::Value,
    wording::nearest,
};

/// Headers that belong to the connection or are written for every call.
const OWN_HEADERS: [&str; 9] = [
    "host",
    "content-length",
    "content-type",
    "transfer-encoding",
    "connection",
    "upgrade",
    "te",
    "trailer",
    "accept-encoding",
];

/// Names that mean something else in `model`.
pub(super) const RESERVED: [&str; 2] = ["auto", "local"];

pub(super) struct Providers<'a> {
    pub checked: IndexMap<String, Provider>,
    /// Also of those with mistakes, so that one mistake is not reported twice.
    pub names: Vec<&'a str>,
}

pub(super) fn providers<'a>(root: &mut Section<'a>) -> Providers<'a> {
    const HINT: &str =
        "add one, for example `providers: { openai: { api_key: \"${OPENAI_API_KEY}\" } }`";
    let Some(field) = root.required("providers", HINT) else {
        return Providers { checked: IndexMap::new(), names: Vec::new() };
    };
    let mistake = field.clone();
    let entries = field.named();
    if entries.is_empty() && matches!(mistake.value(), Value::Map(_) | Value::Null) {
        mistake.mistake(format!("holds no provider; {HINT}"));
    }
    let names = entries.iter().map(|(name, _)| *name).collect();
    let checked = entries
        .into_iter()
        .map(|(name, field)| {
            check_name(name, &field);
            (name.to_owned(), provider(name, field.section()))
        })
        .collect();
    Providers { checked, names }
}

fn check_name(name: &str, field: &Field<'_>) {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | '-');
    if name.is_empty() || name.len() > 64 || !name.chars().all(allowed) {
        field.mistake("the name of a provider has 1 to 64 of a-z, 0-9, `-` and `_`");
    } else if RESERVED.contains(&name) {
        field.mistake(format!("`{name}` has a meaning of its own as a model; choose another name"));
    }
}

fn provider(name: &str, mut section: Section<'_>) -> Provider {
    // After a mistake in the name or the type the base URL is not missed as well.
    let preset = match section.field("type") {
        Some(field) => field.parse(known_type).or_else(|| preset("openai")),
        None => preset(&name.to_ascii_lowercase()),
    };
    let format = format(&mut section, preset);
    let base_url = base_url_of(&mut section, preset, &format);
    let api_keys = api_keys(&mut section, &format);
    let headers = headers(&mut section);
    let stream_usage = section.flag("stream_usage", preset.is_none_or(|it| it.stream_usage));
    let keeps_state = preset.is_some_and(|it| it.responses && it.base_url == base_url)
        || matches!(format, Format::Azure { api_version: None });
    let responses = match format {
        Format::OpenAi | Format::Azure { api_version: None } => {
            section.flag("responses", keeps_state)
        }
        _ => false,
    };

    if let Some(preset) = preset
        && let Some(variable) = preset.key_variable
        && api_keys.is_empty()
        && base_url == preset.base_url
        && !headers.contains_key("authorization")
    {
        let path = section.path().to_owned();
        section.warn(&path, format!("no api_key; add `api_key: \"${{{variable}}}\"`"));
    }
    let wants_key = match &format {
        Format::Azure { .. } | Format::Bedrock { credentials: None, .. } => true,
        Format::Bedrock { .. } | Format::Vertex(_) => false,
        Format::OpenAi | Format::Anthropic | Format::Gemini => false,
    };
    if wants_key && api_keys.is_empty() && headers.is_empty() {
        let path = section.path().to_owned();
        section.warn(
            &path,
            "no credentials; add `api_key`, or for bedrock access_key_id and secret_access_key",
        );
    }
    let has_secret = !api_keys.is_empty() || !headers.is_empty();
    if has_secret && base_url.starts_with("http://") && !is_loopback_url(&base_url) {
        let path = format!("{}.base_url", section.path());
        section.warn(
            &path,
            "the key travels unencrypted; use https:// where the network is not yours",
        );
    }
    section.finish();
    Provider { format, base_url, api_keys, headers, stream_usage, responses }
}

fn known_type(text: &str) -> Result<&'static Preset, String> {
    preset(text).ok_or_else(|| {
        let names: Vec<&str> = PRESETS.iter().map(|preset| preset.name).collect();
        let near = nearest(text, names.iter().copied())
            .map(|near| format!("did you mean \"{near}\"? "))
            .unwrap_or_default();
        format!(
            "is not a known type; {near}valid values: {}; for other vendors `type: openai` with their base_url",
            names.join(", ")
        )
    })
}

fn base_url_of(section: &mut Section<'_>, preset: Option<&Preset>, format: &Format) -> String {
    let hint = match format {
        Format::Azure { .. } => "write the resource's address, https://NAME.openai.azure.com",
        _ => {
            "write the vendor's OpenAI-compatible address such as https://host/v1, or a known `type`"
        }
    };
    let fallback = preset.map_or_else(String::new, |preset| usual_base_url(preset, format));
    let field = match fallback.is_empty() {
        false => section.field("base_url"),
        true => section.required("base_url", hint),
    };
    let Some(field) = field else { return fallback };
    let Some(scalar) = field.scalar() else { return fallback };
    match base_url(&scalar.text) {
        Ok(url) => {
            let is_bare = url.split("://").nth(1).is_some_and(|rest| !rest.contains('/'));
            if is_bare && !matches!(format, Format::Azure { .. } | Format::Bedrock { .. }) {
                field.warn("has no path; most servers need /v1 at its end");
            }
            url
        }
        Err(message) => {
            field.mistake(message);
            fallback
        }
    }
}

/// One key as `api_key`, or several as `api_keys`, which are taken in turn.
fn api_keys(section: &mut Section<'_>, format: &Format) -> Vec<Secret> {
    let takes_none =
        matches!(format, Format::Vertex(_) | Format::Bedrock { credentials: Some(_), .. });
    if takes_none {
        return Vec::new();
    }
    match section.one_of(&["api_key", "api_keys"]) {
        None => Vec::new(),
        Some(("api_key", field)) => secret(&field).into_iter().collect(),
        Some((_, field)) => {
            let mut keys: Vec<Secret> = Vec::new();
            for item in field.list("[\"${FIRST_KEY}\", \"${SECOND_KEY}\"]") {
                let Some(key) = secret(&item) else { continue };
                if keys.contains(&key) {
                    item.mistake("is in this list already");
                }
                keys.push(key);
            }
            keys
        }
    }
}

/// A secret that a header can carry; `None` after a mistake, and where it may be absent and is.
pub(super) fn secret(field: &Field<'_>) -> Option<Secret> {
    let scalar = field.scalar()?;
    if scalar.text.is_empty() {
        // `${VAR:-}` says that it may be absent; an empty text or variable is more likely an accident.
        if !scalar.written.ends_with(":-}") {
            field.mistake("is empty; leave the key out, or write ${VAR:-} if VAR may be unset");
        }
        return None;
    }
    if !scalar.text.chars().all(|c| c.is_ascii_graphic()) {
        field.mistake("holds a space, a line end or a character that a header cannot carry");
        return None;
    }
    Some(Secret::new(scalar.text.as_str()))
}

fn headers(section: &mut Section<'_>) -> IndexMap<String, Secret> {
    let mut headers = IndexMap::new();
    for (name, field) in section.named("headers") {
        let Some(scalar) = field.scalar() else { continue };
        let Ok(name) = HeaderName::try_from(name) else {
            field.mistake("is not the name of a header");
            continue;
        };
        if OWN_HEADERS.contains(&name.as_str()) {
            field.mistake("is set for every call and cannot be chosen");
        } else if HeaderValue::try_from(scalar.text.as_str()).is_err() {
            field.mistake("the value holds a line end or a character that a header cannot carry");
        } else if headers.contains_key(name.as_str()) {
            field.mistake("given twice; upper and lower case do not matter");
        } else {
            headers.insert(name.as_str().to_owned(), Secret::new(scalar.text.as_str()));
        }
    }
    headers
}
