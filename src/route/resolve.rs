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
    #[error("'model: auto' needs 'tiers.cheap' and 'tiers.frontier' in the configuration")]
    NoTiers,
    /// `auto:NAME` with a tier that there is not.
    #[error("'{name}' is not a tier here; tiers: {tiers}")]
    UnknownTier {
        /// As asked for.
        name: String,
        /// Those that there are.
        tiers: String,
    },
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
        if model == AUTO || model.starts_with(AUTO_TIER) {
            return self.auto(model.strip_prefix(AUTO_TIER), insisted);
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
        if self.tiers.are_configured() {
            names.push(AUTO.to_owned());
            let pools = self.tiers.pools().iter();
            names.extend(pools.map(|pool| format!("{AUTO_TIER}{}", pool.tier)));
        }
        names.extend(self.aliases.keys().cloned());
        names.extend(self.named().map(Target::to_string));
        let mut seen = std::collections::HashSet::new();
        names.retain(|name| seen.insert(name.clone()));
        names
    }

    /// The tier that the model's name names, or else a header.
    fn auto(&self, named: Option<&str>, insisted: Option<Tier>) -> Result<Asked, ResolveError> {
        if !self.tiers.are_configured() {
            return Err(ResolveError::NoTiers);
        }
        let Some(name) = named else { return Ok(Asked::Auto(insisted)) };
        match self.tiers.named(name) {
            Some(tier) => Ok(Asked::Auto(Some(tier.clone()))),
            None => {
                Err(ResolveError::UnknownTier { name: name.to_owned(), tiers: self.tiers.names() })
            }
        }
    }

    fn named(&self) -> impl Iterator<Item = &Target> {
        let pools = self.tiers.pools().iter();
        pools.flat_map(|pool| &pool.targets).chain(self.aliases.values())
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

/// The model that stands for whichever tier suits.
const AUTO: &str = "auto";
/// What comes before the name of a tier.
const AUTO_TIER: &str = "auto:";

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
            tiers: Tiers::new(
                vec![target("a/small")],
                vec![("middle".into(), vec![target("a/medium")])],
                vec![target("b/large"), target("a/twin"), target("b/twin")],
            ),
        }
    }

    #[test]
    fn names_resolve() {
        let two = resolver(&["a", "b"]);
        for (model, expected) in
            [("a/x", "a/x"), ("b/org/x", "b/org/x"), ("fast", "a/small"), ("large", "b/large")]
        {
            let expected = Asked::Model(target(expected));
            assert_eq!(two.resolve(model, None).unwrap(), expected, "{model}");
        }
        let org = Asked::Model(target("a/org/x"));
        assert_eq!(resolver(&["a"]).resolve("org/x", None).unwrap(), org);
    }

    #[test]
    fn auto_is_any_tier_or_the_named_one() {
        let two = resolver(&["a", "b"]);
        let tier = |name| two.tiers.named(name).cloned();
        for (model, insisted, expected) in [
            ("auto", None, None),
            ("auto", tier("middle"), tier("middle")),
            ("auto:middle", None, tier("middle")),
            ("auto:frontier", tier("cheap"), tier("frontier")),
        ] {
            assert_eq!(two.resolve(model, insisted), Ok(Asked::Auto(expected)), "{model}");
        }
        let error = two.resolve("auto:best", None).unwrap_err().to_string();
        assert_eq!(error, "'best' is not a tier here; tiers: cheap, middle, frontier");
        let names = two.names();
        assert_eq!(names[..4], ["auto", "auto:cheap", "auto:middle", "auto:frontier"]);
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
        assert_eq!(bare.resolve("auto", None), Err(ResolveError::NoTiers));
    }
}
