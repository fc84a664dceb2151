//! Owns how one model is called: with dates, versions, regions and makers in its name, and vendors by the address of their API.
//! Knows no prices.

use std::iter;

/// The names under which `model` may be listed, the most specific first.
///
/// First those that keep how it is reached (`eu.anthropic.…`), then those without; each with ever fewer endings: versions
/// (`-v1:0`), dates (`-2025-08-07`, `-20250929`, `@20250929`), `@default`, `-latest`.
pub(super) fn spellings(model: &str) -> impl Iterator<Item = &str> {
    shortened(model).chain(without_route(model).into_iter().flat_map(shortened))
}

fn shortened(name: &str) -> impl Iterator<Item = &str> {
    iter::successors(Some(name), |name| without_ending(name))
}

/// The name without how it is reached: a region of Bedrock, or the resource that it is part of.
fn without_route(model: &str) -> Option<&str> {
    let name = match model.strip_prefix("arn:") {
        Some(resource) => resource.rsplit_once('/')?.1,
        None => model,
    };
    let local = ROUTES.iter().find_map(|route| name.strip_prefix(route)).unwrap_or(name);
    (local.len() < model.len() && !local.is_empty()).then_some(local)
}

/// How models are reached that are the same behind it.
///
/// Sources: <https://docs.aws.amazon.com/bedrock/latest/userguide/inference-profiles-support.html>,
/// <https://ai.google.dev/api/models>, <https://cloud.google.com/vertex-ai/generative-ai/docs/start/openai>.
const ROUTES: [&str; 13] = [
    "us.",
    "us-gov.",
    "eu.",
    "apac.",
    "global.",
    "jp.",
    "au.",
    "ca.",
    "models/",
    "publishers/google/models/",
    "publishers/anthropic/models/",
    "google/",
    "anthropic/",
];

/// The name without its last ending; `None` when it has none.
fn without_ending(name: &str) -> Option<&str> {
    let base = name
        .strip_suffix("-latest")
        .or_else(|| undated(name))
        .or_else(|| name.strip_suffix("@default"))
        .or_else(|| unversioned(name))?;
    (!base.is_empty()).then_some(base)
}

fn undated(name: &str) -> Option<&str> {
    DATE_SHAPES.iter().find_map(|shape| {
        let (base, date) = name.split_at_checked(name.len().checked_sub(shape.len())?)?;
        is_date(date, shape).then_some(base)
    })
}

/// `0` stands for a digit.
const DATE_SHAPES: [&str; 3] = ["-2000-00-00", "-20000000", "@20000000"];

/// Whether `text` is a date of the form of `shape`.
pub(super) fn is_date(text: &str, shape: &str) -> bool {
    let fits = text.len() == shape.len()
        && text.bytes().zip(shape.bytes()).all(|(byte, expected)| {
            if expected == b'0' { byte.is_ascii_digit() } else { byte == expected }
        });
    let digits = || text.bytes().filter(u8::is_ascii_digit).map(|byte| byte - b'0');
    let within = |from: usize, most: u8| {
        let number = digits().skip(from).take(2).fold(0, |number, digit| number * 10 + digit);
        (1..=most).contains(&number)
    };
    fits && within(4, 12) && within(6, 31)
}

/// Versions as Bedrock writes them, of names that begin with their maker: `anthropic.claude-opus-4-6-v1`,
/// `meta.llama3-3-70b-instruct-v1:0`. Other names end in `-v3` where that is another model.
fn unversioned(name: &str) -> Option<&str> {
    let (maker, model) = name.split_once('.')?;
    let is_maker = maker.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-');
    if !is_maker || !model.starts_with(|first: char| first.is_ascii_lowercase()) {
        return None;
    }
    let ends = |separator| {
        let (base, version) = name.rsplit_once(separator)?;
        let is_number = !version.is_empty() && version.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then_some(base)
    };
    ends(":").or_else(|| ends("-v"))
}

/// The vendor in the catalogue whose API lives at `base_url`, whatever the operator calls it.
pub fn vendor_of(base_url: &str) -> Option<&'static str> {
    let (_scheme, rest) = base_url.split_once("://")?;
    let host = rest.split(['/', ':', '?', '#']).next()?;
    VENDOR_HOSTS.iter().find(|(pattern, _)| is_host(host, pattern)).map(|&(_, name)| name)
}

/// Whether `host` is that of `pattern`, where `*` stands for a part without its own meaning: a region or a customer.
fn is_host(host: &str, pattern: &str) -> bool {
    let ends_with = |host: &str, end: &str| {
        host.len()
            .checked_sub(end.len())
            .and_then(|at| host.get(at..))
            .is_some_and(|tail| tail.eq_ignore_ascii_case(end))
    };
    match pattern.split_once('*') {
        None => host.eq_ignore_ascii_case(pattern),
        Some((start, end)) => {
            host.len() > start.len() + end.len()
                && host.get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start))
                && ends_with(host, end)
        }
    }
}

/// Hosts of the public APIs of the catalogue's vendors.
///
/// Those that bill in another currency than US dollars (`api.moonshot.cn`, `dashscope.aliyuncs.com`) are left out.
pub(super) const VENDOR_HOSTS: [(&str, &str); 30] = [
    ("api.openai.com", "openai"),
    ("eu.api.openai.com", "openai"),
    ("us.api.openai.com", "openai"),
    ("api.anthropic.com", "anthropic"),
    ("generativelanguage.googleapis.com", "gemini"),
    ("aiplatform.googleapis.com", "vertex"),
    ("*-aiplatform.googleapis.com", "vertex"),
    ("aiplatform.*.rep.googleapis.com", "vertex"),
    ("bedrock-runtime.*.amazonaws.com", "bedrock"),
    ("bedrock-runtime-fips.*.amazonaws.com", "bedrock"),
    ("*.openai.azure.com", "azure"),
    ("*.services.ai.azure.com", "azure"),
    ("*.cognitiveservices.azure.com", "azure"),
    ("api.groq.com", "groq"),
    ("api.mistral.ai", "mistral"),
    ("api.deepseek.com", "deepseek"),
    ("api.x.ai", "xai"),
    ("api.together.xyz", "together"),
    ("api.together.ai", "together"),
    ("api.fireworks.ai", "fireworks"),
    ("openrouter.ai", "openrouter"),
    ("api.cohere.com", "cohere"),
    ("api.cohere.ai", "cohere"),
    ("api.perplexity.ai", "perplexity"),
    ("api.moonshot.ai", "moonshot"),
    ("dashscope-intl.aliyuncs.com", "alibaba"),
    ("api.z.ai", "zai"),
    ("api.minimax.io", "minimax"),
    ("api.cerebras.ai", "cerebras"),
    ("api.voyageai.com", "voyage"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_looked_for_with_ever_fewer_endings_then_without_its_route() {
        for (model, names) in [
            ("gpt-4o", &["gpt-4o"][..]),
            ("gpt-4o-2024-05-13", &["gpt-4o-2024-05-13", "gpt-4o"]),
            ("claude-sonnet-4-5@20250929", &["claude-sonnet-4-5@20250929", "claude-sonnet-4-5"]),
            ("claude-opus-4-6@default", &["claude-opus-4-6@default", "claude-opus-4-6"]),
            (
                "eu.anthropic.claude-haiku-4-5-20251001-v1:0",
                &[
                    "eu.anthropic.claude-haiku-4-5-20251001-v1:0",
                    "eu.anthropic.claude-haiku-4-5-20251001-v1",
                    "eu.anthropic.claude-haiku-4-5-20251001",
                    "eu.anthropic.claude-haiku-4-5",
                    "anthropic.claude-haiku-4-5-20251001-v1:0",
                    "anthropic.claude-haiku-4-5-20251001-v1",
                    "anthropic.claude-haiku-4-5-20251001",
                    "anthropic.claude-haiku-4-5",
                ],
            ),
            (
                "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.meta.llama3-3-70b-instruct-v1:0",
                &[
                    "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.meta.llama3-3-70b-instruct-v1:0",
                    "meta.llama3-3-70b-instruct-v1:0",
                    "meta.llama3-3-70b-instruct-v1",
                    "meta.llama3-3-70b-instruct",
                ],
            ),
            ("models/gemini-2.5-pro", &["models/gemini-2.5-pro", "gemini-2.5-pro"]),
            ("google/gemini-2.5-pro", &["google/gemini-2.5-pro", "gemini-2.5-pro"]),
            ("deepseek-v3", &["deepseek-v3"]),
            ("llama3:8", &["llama3:8"]),
            ("qwen3.6-plus-v1:0", &["qwen3.6-plus-v1:0"]),
            ("-latest", &["-latest"]),
            ("us.", &["us."]),
            ("arn:", &["arn:"]),
            ("", &[""]),
            ("ü-20250101ü", &["ü-20250101ü"]),
        ] {
            let found: Vec<_> = spellings(model).collect();
            assert_eq!(found, names, "{model}");
        }
    }

    #[test]
    fn a_date_has_a_month_and_a_day() {
        for (text, shape, is) in [
            ("-2026-11-21", "-2000-00-00", true),
            ("-20261121", "-20000000", true),
            ("@20250929", "@20000000", true),
            ("-2026-13-01", "-2000-00-00", false),
            ("-2026-00-01", "-2000-00-00", false),
            ("-2026-12-32", "-2000-00-00", false),
            ("-3026-12-01", "-2000-00-00", false),
            ("-2026-12-0", "-2000-00-00", false),
        ] {
            assert_eq!(is_date(text, shape), is, "{text}");
        }
    }

    #[test]
    fn the_vendor_is_known_by_the_host_of_its_api_only() {
        for (url, vendor) in [
            ("https://api.openai.com/v1", Some("openai")),
            ("https://API.OpenAI.com:443/v1", Some("openai")),
            ("https://generativelanguage.googleapis.com/v1beta/openai", Some("gemini")),
            ("https://api.fireworks.ai/inference/v1", Some("fireworks")),
            ("https://bedrock-runtime.eu-west-1.amazonaws.com", Some("bedrock")),
            ("https://europe-west1-aiplatform.googleapis.com/v1", Some("vertex")),
            ("https://aiplatform.googleapis.com/v1", Some("vertex")),
            ("https://my-company.openai.azure.com/openai/v1", Some("azure")),
            ("https://dashscope-intl.aliyuncs.com/compatible-mode/v1", Some("alibaba")),
            ("https://dashscope.aliyuncs.com/compatible-mode/v1", None),
            ("https://.openai.azure.com", None),
            ("https://bedrock-runtime..amazonaws.com", None),
            ("https://bedrock-runtime.amazonaws.com", None),
            ("http://127.0.0.1:8000/v1", None),
            ("https://api.openai.com.evil.example/v1", None),
            ("https://openai.azure.com.evil.example/v1", None),
            ("https://proxy.example/api.openai.com", None),
            ("https://ü.openai.azure.com", Some("azure")),
            ("https://üüüüüüüüüü", None),
            ("api.openai.com", None),
            ("", None),
        ] {
            assert_eq!(vendor_of(url), vendor, "{url}");
        }
    }
}
