//! Owns [`ServiceTier`]: how a vendor served a request, where that has a price of its own. Knows no prices.

/// The service tier that a request was served at.
///
/// It is read from the answer, never from the request: a vendor may serve a request at another tier than was asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum ServiceTier {
    /// The vendor's usual service, and every name that is not known here.
    #[default]
    Standard,
    /// An answer within a day.
    Batch,
    /// Served when there is room.
    Flex,
    /// Served before and faster than others.
    Priority,
}

impl ServiceTier {
    /// The tier that a vendor calls `name`.
    ///
    /// OpenAI, Groq and xAI: `default`, `auto`, `on_demand`, `flex`, `priority`, which OpenAI renamed `fast`; Gemini:
    /// `ON_DEMAND_FLEX`, `ON_DEMAND_PRIORITY`. Reserved capacity (`scale`, `PROVISIONED_THROUGHPUT`) is paid for elsewhere and
    /// counts as standard.
    ///
    /// Sources: <https://openai.com/api-priority-processing/>, <https://ai.google.dev/gemini-api/docs/optimization>.
    pub fn of(name: &str) -> Self {
        let is = |known: &&str| name.eq_ignore_ascii_case(known);
        NAMES.iter().find(|(known, _)| is(known)).map_or(Self::Standard, |&(_, tier)| tier)
    }
}

/// Names of tiers other than the standard one.
const NAMES: [(&str, ServiceTier); 7] = [
    ("batch", ServiceTier::Batch),
    ("flex", ServiceTier::Flex),
    ("on_demand_flex", ServiceTier::Flex),
    ("priority", ServiceTier::Priority),
    ("fast", ServiceTier::Priority),
    ("on_demand_priority", ServiceTier::Priority),
    ("on_demand_batch", ServiceTier::Batch),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_vendors_name_for_a_tier_is_known_and_others_are_standard() {
        for (name, tier) in [
            ("flex", ServiceTier::Flex),
            ("ON_DEMAND_FLEX", ServiceTier::Flex),
            ("priority", ServiceTier::Priority),
            ("fast", ServiceTier::Priority),
            ("ON_DEMAND_PRIORITY", ServiceTier::Priority),
            ("batch", ServiceTier::Batch),
            ("default", ServiceTier::Standard),
            ("auto", ServiceTier::Standard),
            ("on_demand", ServiceTier::Standard),
            ("scale", ServiceTier::Standard),
            ("PROVISIONED_THROUGHPUT", ServiceTier::Standard),
            ("", ServiceTier::Standard),
        ] {
            assert_eq!(ServiceTier::of(name), tier, "{name:?}");
        }
    }
}
