//! A configuration without a file: providers from the environment variables that their own clients use.

use std::fmt::Write;

use super::{
    Config, ConfigErrors, Loaded,
    check::is_loopback_url,
    presets::{PRESETS, Preset},
};

/// What stands for the file name in messages.
const ORIGIN: &str = "environment";
const OPENAI_BASE_URL: &str = "OPENAI_BASE_URL";

impl Config {
    /// Providers from `OPENAI_API_KEY`, `ANTHROPIC_API_KEY` and so on, all else at its default.
    ///
    /// `OPENAI_BASE_URL` alone is enough for a server that needs no key. The tiers are the usual
    /// cheap and frontier model of each provider, in the order of the table of presets.
    pub fn from_env(env: &dyn Fn(&str) -> Option<String>) -> Result<Loaded, ConfigErrors> {
        let env = |name: &str| env(name).filter(|value| !value.trim().is_empty());
        let base_url = env(OPENAI_BASE_URL);
        let found: Vec<&Preset> = PRESETS
            .iter()
            .filter(|preset| {
                preset.key_variable.is_some_and(|variable| env(variable).is_some())
                    || (preset.name == "openai" && base_url.is_some())
            })
            .collect();
        if found.is_empty() {
            let variables: Vec<&str> = PRESETS.iter().filter_map(|it| it.key_variable).collect();
            let message = format!(
                "no provider found; set {OPENAI_BASE_URL} or one of {}, or use --config FILE",
                variables.join(", ")
            );
            return Err(ConfigErrors::whole(ORIGIN, message));
        }
        let mut loaded = Self::from_yaml(&yaml(&found, &env), ORIGIN, &env).map_err(renamed)?;
        if base_url.is_some_and(|url| is_loopback_url(&url) || !url.contains("api.openai.com")) {
            let models = PRESETS[0].models.unwrap_or_default();
            loaded.warnings.push(format!(
                "{OPENAI_BASE_URL}: `auto` will ask it for {} and {}; for other models use a file with tiers",
                models.0, models.1
            ));
        }
        Ok(loaded)
    }
}

/// The file that says the same; values stay in the variables, so that they are never parsed as YAML.
fn yaml(found: &[&Preset], env: &dyn Fn(&str) -> Option<String>) -> String {
    let (mut providers, mut cheap, mut frontier) = (String::new(), Vec::new(), Vec::new());
    for preset in found {
        let _ =
            writeln!(providers, "  {}:\n    stream_usage: {}", preset.name, preset.stream_usage);
        if let Some(variable) = preset.key_variable.filter(|variable| env(variable).is_some()) {
            let _ = writeln!(providers, "    api_key: \"${{{variable}}}\"");
        }
        if preset.name == "openai" && env(OPENAI_BASE_URL).is_some() {
            let _ = writeln!(providers, "    base_url: \"${{{OPENAI_BASE_URL}}}\"");
        }
        if let Some(models) = preset.models {
            cheap.push(format!("{}/{}", preset.name, models.0));
            frontier.push(format!("{}/{}", preset.name, models.1));
        }
    }
    let (cheap, frontier) = (cheap.join(", "), frontier.join(", "));
    format!("providers:\n{providers}tiers:\n  cheap: [{cheap}]\n  frontier: [{frontier}]\n")
}

/// Mistakes by variable instead of by the key and line of a file that nobody wrote.
fn renamed(mut errors: ConfigErrors) -> ConfigErrors {
    for mistake in &mut errors.mistakes {
        mistake.position = None;
        let variable =
            match mistake.path.strip_prefix("providers.").and_then(|path| path.split_once('.')) {
                Some((_, "base_url")) => Some(OPENAI_BASE_URL),
                Some((name, "api_key")) => {
                    PRESETS.iter().find(|preset| preset.name == name).and_then(|it| it.key_variable)
                }
                _ => None,
            };
        if let Some(variable) = variable {
            variable.clone_into(&mut mistake.path);
        }
    }
    errors
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(variables: &[(&str, &str)]) -> Result<Loaded, ConfigErrors> {
        Config::from_env(&|name| {
            variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn providers_and_tiers_come_from_the_usual_variables() {
        let config =
            load(&[("ANTHROPIC_API_KEY", "sk-ant-1"), ("OPENAI_API_KEY", "sk-o")]).unwrap().config;
        assert_eq!(config.providers.keys().collect::<Vec<_>>(), ["openai", "anthropic"]);
        assert_eq!(config.providers["openai"].base_url, "https://api.openai.com/v1");
        assert_eq!(config.providers["anthropic"].api_keys[0].expose(), "sk-ant-1");
        assert_eq!(config.tiers.cheap().targets[1].to_string(), "anthropic/claude-haiku-4-5");
        assert_eq!(config.tiers.frontier().targets.len(), 2);
    }

    #[test]
    fn every_preset_with_a_key_loads_from_its_variable() {
        for preset in &PRESETS {
            let Some(variable) = preset.key_variable else { continue };
            let loaded = load(&[(variable, "some-secret")]).unwrap();
            assert_eq!(loaded.config.providers[preset.name].base_url, preset.base_url);
            assert_eq!(loaded.config.providers[preset.name].stream_usage, preset.stream_usage);
            assert_eq!(loaded.config.tiers.frontier().targets[0].provider, preset.name);
            assert!(loaded.warnings.is_empty(), "{:?}", loaded.warnings);
            let book = crate::account::PriceBook::shipped();
            for target in loaded.config.tiers.pools().iter().flat_map(|pool| &pool.targets) {
                assert!(
                    book.price(&target.provider, &target.model).is_some(),
                    "{target}: no price"
                );
            }
        }
    }

    #[test]
    fn a_base_url_alone_needs_no_key() {
        let loaded =
            load(&[("OPENAI_BASE_URL", "http://127.0.0.1:9/v1/"), ("OPENAI_API_KEY", "")]).unwrap();
        assert_eq!(loaded.config.providers["openai"].base_url, "http://127.0.0.1:9/v1");
        assert!(loaded.config.providers["openai"].api_keys.is_empty());
        assert_eq!(loaded.config.tiers.cheap().targets.len(), 1);
        assert!(loaded.warnings.iter().any(|warning| warning.starts_with("OPENAI_BASE_URL")));
    }

    #[test]
    fn nothing_set_says_what_would_be_right() {
        let text = load(&[]).unwrap_err().to_string();
        assert!(text.starts_with("environment: no provider found; set OPENAI_BASE_URL"), "{text}");
        assert!(text.contains("ANTHROPIC_API_KEY") && text.contains("--config"), "{text}");
    }

    #[test]
    fn a_bad_value_is_named_by_its_variable_and_not_shown() {
        let text = load(&[
            ("OPENAI_BASE_URL", "http://me:hunter22@host/v1"),
            ("XAI_API_KEY", "two words"),
        ])
        .unwrap_err()
        .to_string();
        assert!(text.contains("environment: OPENAI_BASE_URL: "), "{text}");
        assert!(text.contains("environment: XAI_API_KEY: "), "{text}");
        assert!(!text.contains("hunter22") && !text.contains("two words"), "{text}");
    }
}
