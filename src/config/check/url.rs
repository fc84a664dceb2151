//! Base URLs of providers. A refused URL is never repeated whole: it may hold a password.

use http::Uri;

/// `http` or `https`, a host, a path; without the slash at the end.
pub(super) fn base_url(text: &str) -> Result<String, String> {
    const EXAMPLE: &str = "write for example https://api.example.com/v1";
    let text = text.trim();
    if text.contains(['?', '#']) {
        return Err(format!("a base URL has no query and no fragment; {EXAMPLE}"));
    }
    if !text.contains("://") {
        return Err(format!("starts with neither http:// nor https://; {EXAMPLE}"));
    }
    let uri: Uri = text.parse().map_err(|_| format!("is not a URL; {EXAMPLE}"))?;
    if !matches!(uri.scheme_str(), Some("http" | "https")) {
        return Err(format!("only http and https are spoken; {EXAMPLE}"));
    }
    let Some(authority) = uri.authority().filter(|authority| !authority.host().is_empty()) else {
        return Err(format!("has no host; {EXAMPLE}"));
    };
    if authority.as_str().contains('@') {
        return Err("must not hold a user name or password; use api_key or headers".to_owned());
    }
    let has_port = authority.as_str().len() > authority.host().len();
    if has_port && authority.port_u16().is_none_or(|port| port == 0) {
        return Err("the port must be a number from 1 to 65535".to_owned());
    }
    let url = text.trim_end_matches('/');
    if url.ends_with("/chat/completions") {
        return Err("leave out /chat/completions; it is appended".to_owned());
    }
    Ok(url.to_owned())
}

/// Whether requests to it stay on this machine.
pub(in crate::config) fn is_loopback_url(url: &str) -> bool {
    let uri: Option<Uri> = url.parse().ok();
    let host = uri.as_ref().and_then(Uri::host).unwrap_or_default();
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || host.parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_checked_and_trimmed() {
        let table: &[(&str, Result<&str, &str>)] = &[
            ("https://api.openai.com/v1", Ok("https://api.openai.com/v1")),
            ("https://api.openai.com/v1/", Ok("https://api.openai.com/v1")),
            ("http://[::1]:8000/v1", Ok("http://[::1]:8000/v1")),
            ("http://127.0.0.1:8000", Ok("http://127.0.0.1:8000")),
            ("api.openai.com/v1", Err("neither http://")),
            ("ftp://host/v1", Err("only http and https")),
            ("https://", Err("")),
            ("https://u:p@host/v1", Err("user name or password")),
            ("https://u@host/v1", Err("user name or password")),
            ("https://host:99999/v1", Err("port")),
            ("https://host:0/v1", Err("port")),
            ("https://host:/v1", Err("port")),
            ("https://ho st/v1", Err("is not a URL")),
            ("https://host/v1?key=1", Err("no query")),
            ("https://host/v1#x", Err("no fragment")),
            ("https://host/v1/chat/completions", Err("appended")),
        ];
        for (text, expected) in table {
            match (base_url(text), expected) {
                (Ok(url), Ok(expected)) => assert_eq!(url, *expected),
                (Err(message), Err(part)) => assert!(message.contains(part), "{text}: {message}"),
                (found, _) => panic!("{text}: {found:?}"),
            }
        }
    }

    #[test]
    fn loopback_is_recognised() {
        for (url, expected) in [
            ("http://127.0.0.1:1/v1", true),
            ("http://localhost/v1", true),
            ("http://[::1]:1/v1", true),
            ("http://10.0.0.1/v1", false),
            ("https://localhost.example.com", false),
        ] {
            assert_eq!(is_loopback_url(url), expected, "{url}");
        }
    }
}
