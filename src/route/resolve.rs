//! What a caller's `model` means: a target, or one of the tiers.

use indexmap::IndexMap;

use crate::config::{Config, Target, Tier, Tiers};

/// What was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// One model.
    Model(Target),
    /// Whichever tier suits, or the one that the caller insists on.
    Auto(Option<Tier>),
}

impl Asked {
    /// One string per meaning, for cache keys: answers are shared only where it is equal.
    pub fn policy(&self) -> String {
        match self {
            Self::Model(target) => target.to_string(),
            Self::Auto(None) => "auto".to_owned(),
            Self::Auto(Some(tier)) => format!("auto:{}", tier.as_str()),
        }
    }
}

/// Why a model name means nothing here.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum ResolveError {
    /// No provider of that name, nor a known model.
    #[error("the model '{model}' is not known here; {hint}")]
    Unknown {
        /// As asked for.
        model: String,
        /// What would be right.
        hint: String,
    },
    /// `auto` without tiers.
    #[error("'model: auto' needs 'tiers.{0}' in the configuration")]
    NoTier(&'static str),
}

/// Knows the configured names.
#[derive(Debug, Clone)]
pub struct Resolver {
    providers: Vec<String>,
    aliases: IndexMap<String, Target>,
    tiers: Tiers,
}

impl Resolver {
    /// The names in `config`.
    pub fn new(config: &Config) -> Self {
        Self {
            providers: config.providers.keys().cloned().collect(),
            aliases: config.aliases.clone(),
            tiers: config.tiers.clone(),
        }
    }

    /// The meaning of `model`. In this order: `auto`, an alias, `provider/model`, a model that a tier names, a bare
    /// name when there is one provider only.
    pub fn resolve(&self, model: &str, insisted: Option<Tier>) -> Result<Asked, ResolveError> {
        if let Some(tier) = auto(model) {
            return self.checked(tier.or(insisted));
        }
        if let Some(target) = self.aliases.get(model) {
            return Ok(Asked::Model(target.clone()));
        }
        if let Some((provider, rest)) = model.split_once('/')
            && self.providers.iter().any(|known| known == provider)
            && !rest.is_empty()
        {
            return Ok(Asked::Model(Target {
                provider: provider.to_owned(),
                model: rest.to_owned(),
            }));
        }
        let mut named: Vec<_> = self.named().filter(|target| target.model == model).collect();
        named.dedup();
        match (named.as_slice(), self.providers.as_slice()) {
            ([target], _) => Ok(Asked::Model((*target).clone())),
            ([], [provider]) if !model.trim().is_empty() => {
                Ok(Asked::Model(Target { provider: provider.clone(), model: model.to_owned() }))
            }
            _ => Err(ResolveError::Unknown { model: model.to_owned(), hint: self.hint(model) }),
        }
    }

    /// Every name that can be asked for, for `/v1/models`.
    pub fn names(&self) -> Vec<String> {
        let mut names = Vec::new();
        if !self.tiers.cheap.is_empty() && !self.tiers.frontier.is_empty() {
            names.extend(["auto", "auto:cheap", "auto:frontier"].map(str::to_owned));
        }
        names.extend(self.aliases.keys().cloned());
        names.extend(self.named().map(Target::to_string));
        let mut seen = std::collections::HashSet::new();
        names.retain(|name| seen.insert(name.clone()));
        names
    }

    fn checked(&self, tier: Option<Tier>) -> Result<Asked, ResolveError> {
        if self.tiers.cheap.is_empty() && tier != Some(Tier::Frontier) {
            return Err(ResolveError::NoTier("cheap"));
        }
        if self.tiers.frontier.is_empty() && tier != Some(Tier::Cheap) {
            return Err(ResolveError::NoTier("frontier"));
        }
        Ok(Asked::Auto(tier))
    }

    fn named(&self) -> impl Iterator<Item = &Target> {
        self.tiers.cheap.iter().chain(&self.tiers.frontier).chain(self.aliases.values())
    }

    fn hint(&self, model: &str) -> String {
        let names = self.names();
        let close = names.iter().map(|name| (strsim::jaro_winkler(name, model), name));
        match close.max_by(|a, b| a.0.total_cmp(&b.0)) {
            Some((closeness, name)) if closeness > 0.85 => format!("did you mean '{name}'?"),
            _ => format!(
                "write it as provider/model with a provider out of: {}",
                self.providers.join(", ")
            ),
        }
    }
}

fn auto(model: &str) -> Option<Option<Tier>> {
    match model {
        "auto" => Some(None),
        "auto:cheap" => Some(Some(Tier::Cheap)),
        "auto:frontier" => Some(Some(Tier::Frontier)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(text: &str) -> Target {
        let (provider, model) = text.split_once('/').unwrap();
        Target { provider: provider.into(), model: model.into() }
    }

    fn resolver(providers: &[&str]) -> Resolver {
        Resolver {
            providers: providers.iter().map(ToString::to_string).collect(),
            aliases: [("fast".to_owned(), target("a/small"))].into(),
            tiers: Tiers {
                cheap: vec![target("a/small")],
                frontier: vec![target("b/large"), target("a/twin"), target("b/twin")],
            },
        }
    }

    #[test]
    fn names_resolve() {
        let two = resolver(&["a", "b"]);
        for (model, expected) in [
            ("a/x", "a/x"),
            ("b/org/x", "b/org/x"),
            ("fast", "a/small"),
            ("large", "b/large"),
            ("auto", "auto"),
            ("auto:frontier", "auto:frontier"),
        ] {
            assert_eq!(two.resolve(model, None).unwrap().policy(), expected, "{model}");
        }
        assert_eq!(two.resolve("auto", Some(Tier::Cheap)).unwrap().policy(), "auto:cheap");
        assert_eq!(resolver(&["a"]).resolve("org/x", None).unwrap().policy(), "a/org/x");
    }

    #[test]
    fn unknown_names_say_what_would_be_right() {
        let two = resolver(&["a", "b"]);
        for (model, phrase) in [
            ("nope", "a, b"),
            ("twin", "provider/model"),
            ("larg", "did you mean"),
            ("a/", "provider/model"),
            ("", "provider/model"),
        ] {
            let error = two.resolve(model, None).unwrap_err().to_string();
            assert!(error.contains(phrase) || error.contains("did you mean"), "{error}");
        }
        let mut bare = resolver(&["a", "b"]);
        bare.tiers = Tiers::default();
        assert_eq!(bare.resolve("auto", None), Err(ResolveError::NoTier("cheap")));
    }
}
