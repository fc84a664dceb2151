//! What a model's name says about the rules that it follows.

/// The generation of a model. A name without a version (`gemini-flash-latest`, the number of a tuned model) is taken
/// for the newest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Family {
    version: Option<(u32, u32)>,
    size: Size,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Size {
    Pro,
    Flash,
    Lite,
}

/// How a model is told how much to think.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Control {
    /// It does not think.
    Absent,
    /// By a number of tokens.
    Budget {
        /// Zero turns thinking off.
        off: bool,
        /// The smallest budget above zero, in tokens.
        least: u64,
        /// The largest budget, in tokens.
        most: u64,
    },
    /// By a word.
    Level {
        /// `MINIMAL` is one of the words.
        minimal: bool,
    },
}

impl Family {
    /// The family of the model that the provider calls `model`, with or without a path (`models/…`).
    pub(super) fn of(model: &str) -> Self {
        let name = model.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
        let version = name.strip_prefix("gemini-").and_then(|rest| {
            let mut numbers = rest.split('-').next()?.split('.');
            let major = numbers.next()?.parse().ok()?;
            Some((major, numbers.next().and_then(|minor| minor.parse().ok()).unwrap_or(0)))
        });
        let size = match (name.contains("flash"), name.contains("lite")) {
            (true, true) => Size::Lite,
            (true, false) => Size::Flash,
            (false, _) => Size::Pro,
        };
        Self { version, size }
    }

    /// How much it thinks is set like this.
    ///
    /// Sources: <https://ai.google.dev/gemini-api/docs/generate-content/thinking>,
    /// <https://firebase.google.com/docs/ai-logic/thinking>.
    pub(super) fn thinking(self) -> Control {
        match (self.version, self.size) {
            (Some((..=1, _) | (2, ..=4)), _) => Control::Absent,
            (Some((2, _)), Size::Pro) => Control::Budget { off: false, least: 128, most: 32_768 },
            (Some((2, _)), Size::Flash) => Control::Budget { off: true, least: 1, most: 24_576 },
            (Some((2, _)), Size::Lite) => Control::Budget { off: true, least: 512, most: 24_576 },
            // From 3.7 on, and for Pro, asking for it is an error.
            (Some((3, ..=6)), Size::Flash | Size::Lite) => Control::Level { minimal: true },
            _ => Control::Level { minimal: false },
        }
    }

    /// Calls and their results carry ids, which must match; earlier models refuse the field.
    pub(super) fn names_calls(self) -> bool {
        self.is_third_or_later()
    }

    /// A call that comes back without the signature that it was given with is an error.
    pub(super) fn wants_signatures(self) -> bool {
        self.is_third_or_later()
    }

    /// A tool's result may hold images; before, they can only stand next to it.
    pub(super) fn sees_results(self) -> bool {
        self.is_third_or_later()
    }

    /// Penalties for repetition: later models answer any but zero with an error.
    pub(super) fn knows_penalties(self) -> bool {
        self.version.is_some_and(|version| version < (2, 5))
    }

    fn is_third_or_later(self) -> bool {
        self.version.is_none_or(|version| version >= (3, 0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_tells_how_thinking_is_set() {
        let level = |minimal| Control::Level { minimal };
        let flash = Control::Budget { off: true, least: 1, most: 24_576 };
        for (model, expected) in [
            ("gemini-1.5-pro", Control::Absent),
            ("gemini-2.0-flash-001", Control::Absent),
            ("gemini-2.5-pro", Control::Budget { off: false, least: 128, most: 32_768 }),
            ("gemini-2.5-flash", flash),
            ("publishers/google/models/Gemini-2.5-Flash", flash),
            (
                "models/gemini-2.5-flash-lite",
                Control::Budget { off: true, least: 512, most: 24_576 },
            ),
            ("gemini-3-flash-preview", level(true)),
            ("gemini-3.1-flash-lite", level(true)),
            ("gemini-3.6-flash", level(true)),
            ("gemini-3.7-flash", level(false)),
            ("gemini-3.1-pro-preview", level(false)),
            ("gemini-4-argon", level(false)),
            ("gemini-flash-latest", level(false)),
            ("1234567890", level(false)),
            ("", level(false)),
        ] {
            assert_eq!(Family::of(model).thinking(), expected, "{model}");
        }
    }

    #[test]
    fn rules_change_with_the_generation() {
        for (model, third, penalties) in [
            ("gemini-2.0-flash", false, true),
            ("gemini-2.5-pro", false, false),
            ("gemini-3-pro-preview", true, false),
            ("gemini-pro-latest", true, false),
        ] {
            let family = Family::of(model);
            assert_eq!(family.names_calls(), third, "{model}");
            assert_eq!(family.wants_signatures(), third, "{model}");
            assert_eq!(family.sees_results(), third, "{model}");
            assert_eq!(family.knows_penalties(), penalties, "{model}");
        }
    }
}
