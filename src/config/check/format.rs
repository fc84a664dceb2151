//! What a provider speaks, and what that takes: regions, projects, credentials.

use std::path::PathBuf;

use super::providers::secret;
use crate::config::{
    Aws, Format, Vertex,
    presets::{Preset, Speaks},
    reader::Section,
};

/// The format of a provider of this type; vendors that are not known by name speak OpenAI's.
pub(super) fn format(section: &mut Section<'_>, preset: Option<&Preset>) -> Format {
    match preset.map_or(Speaks::OpenAi, |preset| preset.speaks) {
        Speaks::OpenAi => Format::OpenAi,
        Speaks::Anthropic => Format::Anthropic,
        Speaks::Gemini => Format::Gemini,
        Speaks::Azure => Format::Azure { api_version: word(section, "api_version") },
        Speaks::Vertex => Format::Vertex(vertex(section)),
        Speaks::Bedrock => bedrock(section),
    }
}

/// The address of a vendor where the file names none; empty where there is no usual one.
pub(super) fn usual_base_url(preset: &Preset, format: &Format) -> String {
    match format {
        Format::Vertex(Vertex { location, .. }) if location == GLOBAL => {
            "https://aiplatform.googleapis.com/v1".to_owned()
        }
        Format::Vertex(Vertex { location, .. }) => {
            format!("https://{location}-aiplatform.googleapis.com/v1")
        }
        Format::Bedrock { region, .. } => format!("https://bedrock-runtime.{region}.amazonaws.com"),
        _ => preset.base_url.to_owned(),
    }
}

/// The location without a region.
const GLOBAL: &str = "global";

fn vertex(section: &mut Section<'_>) -> Vertex {
    let credentials =
        section.required("credentials", "name the JSON key file of a service account");
    Vertex {
        project: word(section, "project"),
        location: word(section, "location").unwrap_or_else(|| GLOBAL.to_owned()),
        credentials: credentials
            .and_then(|field| field.parse(|text| Ok(PathBuf::from(text))))
            .unwrap_or_default(),
    }
}

fn bedrock(section: &mut Section<'_>) -> Format {
    let region = section.required("region", "for example us-east-1");
    let region = region.and_then(|field| field.parse(plain)).unwrap_or_default();
    let mut read = |key| section.field(key).and_then(|field| secret(&field));
    let [id, secret, token] =
        [read("access_key_id"), read("secret_access_key"), read("session_token")];
    let credentials = match (id, secret) {
        (Some(access_key_id), Some(secret_access_key)) => {
            Some(Aws { access_key_id, secret_access_key, session_token: token })
        }
        (None, None) => None,
        (Some(_), None) | (None, Some(_)) => {
            let path = section.path().to_owned();
            section.mistake(&path, "access_key_id and secret_access_key go together");
            None
        }
    };
    Format::Bedrock { region, credentials }
}

fn word(section: &mut Section<'_>, key: &'static str) -> Option<String> {
    section.field(key).and_then(|field| field.parse(plain))
}

/// A name that can stand in a URL as it is.
fn plain(text: &str) -> Result<String, String> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | ':');
    if text.is_empty() || text.len() > 128 || !text.chars().all(allowed) {
        return Err("has 1 to 128 letters, digits, `-`, `_`, `.` and `:`".to_owned());
    }
    Ok(text.to_owned())
}
