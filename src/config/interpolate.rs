//! `${VAR}` and `${VAR:-default}` in values. Names may appear in messages, what they stand for never.

/// Why a value could not be filled in.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum InterpolationError {
    #[error("environment variable {0} is not set; set it, or write ${{{0}:-default}}")]
    Unset(String),
    #[error("\"${{\" without a closing brace; write $${{ for a plain \"${{\"")]
    Unclosed,
    #[error(
        "not the name of an environment variable between the braces; write ${{NAME}} or ${{NAME:-default}}, and $${{ for a plain \"${{\""
    )]
    NotAName,
}

/// Fills in variables; `$${` stands for a plain `${`. What a variable holds is not looked at again.
///
/// As in a shell, `:-` also replaces a variable that is set but empty.
pub(super) fn interpolate(
    text: &str,
    env: &dyn Fn(&str) -> Option<String>,
) -> Result<String, InterpolationError> {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("${") {
        let (before, variable) = rest.split_at(start);
        if let Some(escaped) = before.strip_suffix('$') {
            filled.push_str(escaped);
            filled.push_str("${");
            rest = &variable[2..];
            continue;
        }
        filled.push_str(before);
        let end = variable.find('}').ok_or(InterpolationError::Unclosed)?;
        filled.push_str(&value_of(&variable[2..end], env)?);
        rest = &variable[end + 1..];
    }
    filled.push_str(rest);
    Ok(filled)
}

fn value_of(
    inside: &str,
    env: &dyn Fn(&str) -> Option<String>,
) -> Result<String, InterpolationError> {
    let (name, default) = match inside.split_once(":-") {
        Some((name, default)) => (name, Some(default)),
        None => (inside, None),
    };
    let starts_well = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    if !starts_well || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
        return Err(InterpolationError::NotAName);
    }
    match (env(name), default) {
        (Some(value), None) => Ok(value),
        (Some(value), Some(_)) if !value.is_empty() => Ok(value),
        (_, Some(default)) => Ok(default.to_owned()),
        (None, None) => Err(InterpolationError::Unset(name.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_filled_in() {
        let env = |name: &str| match name {
            "HOST" => Some("example.org".to_owned()),
            "EMPTY" => Some(String::new()),
            "SNEAKY" => Some("${HOST}".to_owned()),
            _ => None,
        };
        let table: &[(&str, Result<&str, InterpolationError>)] = &[
            ("plain", Ok("plain")),
            ("https://${HOST}/v1", Ok("https://example.org/v1")),
            ("${HOST}${HOST}", Ok("example.orgexample.org")),
            ("${NONE:-fallback}", Ok("fallback")),
            ("${NONE:-}", Ok("")),
            ("${EMPTY:-fallback}", Ok("fallback")),
            ("${EMPTY}", Ok("")),
            ("${HOST:-fallback}", Ok("example.org")),
            ("${NONE:-a:-b}", Ok("a:-b")),
            ("$${HOST}", Ok("${HOST}")),
            ("a$${HOST} ${HOST}", Ok("a${HOST} example.org")),
            ("${SNEAKY}", Ok("${HOST}")),
            ("cost: $5", Ok("cost: $5")),
            ("$", Ok("$")),
            ("${NONE}", Err(InterpolationError::Unset("NONE".to_owned()))),
            ("${HOST", Err(InterpolationError::Unclosed)),
            ("${}", Err(InterpolationError::NotAName)),
            ("${a-b}", Err(InterpolationError::NotAName)),
            ("${1A}", Err(InterpolationError::NotAName)),
            ("ü${HOST}ü", Ok("üexample.orgü")),
        ];
        for (text, expected) in table {
            match (interpolate(text, &env), expected) {
                (Ok(found), Ok(expected)) => assert_eq!(found, *expected, "{text}"),
                (Err(found), Err(expected)) => assert_eq!(found, *expected, "{text}"),
                (found, _) => panic!("{text}: {found:?}"),
            }
        }
    }
}
