//! What a Claude model takes, told by the version in its name. Knows no request.
//!
//! The API refuses what a model does not take, so the translation has to know. A new version is taken to be like the
//! newest one known. Sources:
//! <https://platform.claude.com/docs/en/build-with-claude/thinking>,
//! <https://platform.claude.com/docs/en/build-with-claude/effort>,
//! <https://platform.claude.com/docs/en/build-with-claude/mid-conversation-system-messages>.

/// A model, as far as its name tells: `None` is one of another vendor that speaks the same API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Model(Option<Claude>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Claude {
    family: Family,
    /// Major and minor: 4.5 is `(4, 5)`.
    version: (u32, u32),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Family {
    Opus,
    Sonnet,
    Haiku,
    /// Fable, Mythos, and what is yet to come.
    Other,
}

impl Model {
    /// The model that a provider calls `name`: `claude-opus-4-8`, `claude-3-7-sonnet-20250219`, `glm-4.6`.
    pub(super) fn named(name: &str) -> Self {
        let name = name.to_ascii_lowercase();
        let Some((_, rest)) = name.split_once("claude") else { return Self(None) };
        let words = || rest.split(|c: char| !c.is_ascii_alphanumeric());
        let family = words().find_map(|word| match word {
            "opus" => Some(Family::Opus),
            "sonnet" => Some(Family::Sonnet),
            "haiku" => Some(Family::Haiku),
            _ => None,
        });
        let mut numbers = words().skip_while(|word| number(word).is_none());
        let version = numbers.next().and_then(number).map_or(UNNUMBERED, |major| {
            (major, numbers.next().and_then(number).unwrap_or_default())
        });
        Self(Some(Claude { family: family.unwrap_or(Family::Other), version }))
    }

    /// It is one of Claude's.
    pub(super) fn is_claude(self) -> bool {
        self.0.is_some()
    }

    /// It can think before it answers.
    pub(super) fn thinks(self) -> bool {
        self.0.is_none() || self.since((3, 7))
    }

    /// It settles itself how much it thinks (`thinking.type: "adaptive"`); older ones want a budget, newer ones refuse it.
    pub(super) fn thinks_adaptively(self) -> bool {
        self.since((4, 6))
    }

    /// It thinks when nothing is said of it.
    pub(super) fn thinks_unasked(self) -> bool {
        self.since((5, 0))
    }

    /// It thinks on after a tool's result only where it thought before the call: without those thoughts it must not be
    /// told to think. Models that think adaptively may begin anywhere.
    pub(super) fn thinks_only_on(self) -> bool {
        self.0.is_some() && !self.thinks_adaptively()
    }

    /// It takes `output_config.effort`.
    pub(super) fn takes_effort(self) -> bool {
        self.since((4, 6)) || self.is(Family::Opus) && self.since((4, 5))
    }

    /// It takes the effort `xhigh`.
    pub(super) fn takes_extra_high_effort(self) -> bool {
        self.since((4, 7))
    }

    /// It takes `temperature`, `top_p` and `top_k`; newer ones refuse all but the defaults.
    pub(super) fn takes_sampling(self) -> bool {
        !self.since((4, 7))
    }

    /// It takes `temperature` and `top_p` in one request.
    pub(super) fn takes_temperature_with_top_p(self) -> bool {
        !self.since((4, 1))
    }

    /// It takes system turns in mid conversation. Sonnet 5 does not; of Haiku nothing is said.
    pub(super) fn takes_system_turns(self) -> bool {
        self.since((4, 8)) && !self.is(Family::Sonnet) && !self.is(Family::Haiku)
    }

    fn since(self, version: (u32, u32)) -> bool {
        self.0.is_some_and(|claude| claude.version >= version)
    }

    fn is(self, family: Family) -> bool {
        self.0.is_some_and(|claude| claude.family == family)
    }
}

/// A part of a version; the date of a snapshot is none.
fn number(word: &str) -> Option<u32> {
    word.parse().ok().filter(|_| word.len() <= 2)
}

/// `claude-mythos-preview` takes what Opus 4.7 does.
const UNNUMBERED: (u32, u32) = (4, 7);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_family_and_version() {
        for (name, family, version) in [
            ("claude-opus-4-20250514", Family::Opus, (4, 0)),
            ("claude-opus-4-1-20250805", Family::Opus, (4, 1)),
            ("claude-3-7-sonnet-latest", Family::Sonnet, (3, 7)),
            ("claude-3-haiku-20240307", Family::Haiku, (3, 0)),
            ("us.anthropic.claude-sonnet-4-5-20250929-v1:0", Family::Sonnet, (4, 5)),
            ("anthropic/Claude-Haiku-4.5", Family::Haiku, (4, 5)),
            ("claude-opus-4@20250514", Family::Opus, (4, 0)),
            ("claude-sonnet-5", Family::Sonnet, (5, 0)),
            ("claude-fable-5-1", Family::Other, (5, 1)),
            ("claude-mythos-preview", Family::Other, UNNUMBERED),
        ] {
            assert_eq!(Model::named(name), Model(Some(Claude { family, version })), "{name}");
        }
        assert_eq!(Model::named("kimi-k2"), Model(None));
    }

    #[test]
    fn versions_tell_what_is_taken() {
        let taken = |name: &str| {
            let model = Model::named(name);
            [
                model.thinks(),
                model.thinks_adaptively(),
                model.thinks_unasked(),
                model.takes_effort(),
                model.takes_sampling(),
                model.takes_system_turns(),
            ]
        };
        for (name, expected) in [
            ("claude-3-5-haiku-20241022", [false, false, false, false, true, false]),
            ("claude-haiku-4-5", [true, false, false, false, true, false]),
            ("claude-opus-4-5", [true, false, false, true, true, false]),
            ("claude-sonnet-4-6", [true, true, false, true, true, false]),
            ("claude-opus-4-7", [true, true, false, true, false, false]),
            ("claude-opus-4-8", [true, true, false, true, false, true]),
            ("claude-sonnet-5", [true, true, true, true, false, false]),
            ("claude-opus-9-3", [true, true, true, true, false, true]),
            ("minimax-m2", [true, false, false, false, true, false]),
        ] {
            assert_eq!(taken(name), expected, "{name}");
        }
    }
}
