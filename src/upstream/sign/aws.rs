//! AWS Signature Version 4, and the paths of Bedrock that it is reckoned over.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>

use std::{fmt, time::SystemTime};

use aws_credential_types::Credentials as Identified;
use aws_sigv4::{
    http_request::{self, SignableBody, SignableRequest, SigningSettings},
    sign::v4,
};
use http::{HeaderName, HeaderValue, Uri};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// The name that Bedrock's endpoints are signed for, `bedrock-runtime` ones included.
pub const BEDROCK: &str = "bedrock";

/// Who signs.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// `AWS_ACCESS_KEY_ID`
    pub access_key_id: String,
    /// `AWS_SECRET_ACCESS_KEY`
    pub secret_access_key: String,
    /// `AWS_SESSION_TOKEN`, of credentials that expire.
    pub session_token: Option<String>,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Destructured, so that no later field slips into logs.
        let Self { access_key_id: _, secret_access_key: _, session_token: _ } = self;
        f.write_str("Credentials(…)")
    }
}

/// Where a signature counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scope<'a> {
    /// `us-east-1`
    pub region: &'a str,
    /// [`BEDROCK`]
    pub service: &'a str,
}

/// What is signed: everything that is sent, except headers that proxies change.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// `POST`
    pub method: &'a str,
    /// The whole URL, its path encoded once as [`converse_path`] does it.
    pub url: &'a str,
    /// Headers to sign, beyond `host`.
    pub headers: &'a [(&'a str, &'a str)],
    /// The body.
    pub body: &'a [u8],
}

/// Why there is no signature.
#[derive(Debug, thiserror::Error)]
pub enum SignError {
    /// The URL is none, or has no host.
    #[error("the URL to sign has no host")]
    Url,
    /// A region or service is missing.
    #[error("the scope of the signature is not complete: {0}")]
    Scope(#[from] v4::signing_params::BuildError),
    /// A header that cannot be sent.
    #[error("the request cannot be signed: {0}")]
    Request(#[from] http_request::SigningError),
    /// A session token or key id that cannot be sent.
    #[error("the credentials hold characters that no header takes")]
    Credentials(#[source] http::header::InvalidHeaderValue),
}

/// The headers to add: `x-amz-date`, `authorization` and, with a session token, `x-amz-security-token`. Those that hold
/// secrets are marked as such. A signature counts for five minutes around `now`.
pub fn sign(
    request: &Request<'_>,
    credentials: &Credentials,
    scope: Scope<'_>,
    now: SystemTime,
) -> Result<Vec<(HeaderName, HeaderValue)>, SignError> {
    let has_host =
        request.url.parse::<Uri>().is_ok_and(|url| url.host().is_some_and(|host| !host.is_empty()));
    if !has_host {
        return Err(SignError::Url);
    }
    let Credentials { access_key_id, secret_access_key, session_token } = credentials.clone();
    let identity =
        Identified::new(access_key_id, secret_access_key, session_token, None, "scrimp").into();
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region(scope.region)
        .name(scope.service)
        .time(now)
        // Its defaults are the rules for all services but S3: the path is encoded once more, dots are resolved.
        .settings(SigningSettings::default())
        .build()?
        .into();
    let signable = SignableRequest::new(
        request.method,
        request.url,
        request.headers.iter().copied(),
        SignableBody::Bytes(request.body),
    )?;
    let (instructions, _) = http_request::sign(signable, &params)?.into_parts();
    let (headers, _) = instructions.into_parts();
    headers
        .into_iter()
        .map(|header| {
            let mut value =
                HeaderValue::from_str(header.value()).map_err(SignError::Credentials)?;
            value.set_sensitive(
                header.sensitive() || header.name() == http::header::AUTHORIZATION.as_str(),
            );
            Ok((HeaderName::from_static(header.name()), value))
        })
        .collect()
}

/// The path of a model's answers: whole ones, or a stream.
///
/// A model's id or ARN is one segment of it, so that its colons and slashes are encoded; the signature then encodes the
/// whole path again. <https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html#API_runtime_Converse_RequestSyntax>
pub fn converse_path(model: &str, stream: bool) -> String {
    let ending = if stream { "converse-stream" } else { "converse" };
    format!("/model/{}/{ending}", utf8_percent_encode(model, RESERVED))
}

/// All but RFC 3986's unreserved characters.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    fn credentials(session_token: Option<&str>) -> Credentials {
        Credentials {
            access_key_id: "AKIDEXAMPLE".into(),
            secret_access_key: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".into(),
            session_token: session_token.map(str::to_owned),
        }
    }

    /// 2015-08-30T12:36:00Z, when AWS' test suite happens.
    fn now() -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_440_938_160)
    }

    fn header(headers: &[(HeaderName, HeaderValue)], name: &str) -> String {
        let (_, value) = headers.iter().find(|(found, _)| found == name).unwrap();
        value.to_str().unwrap().to_owned()
    }

    #[test]
    fn signatures_are_those_of_aws_test_suite() {
        let scope = Scope { region: "us-east-1", service: "service" };
        for (case, method, url, headers, signed, signature) in [
            (
                "get-vanilla",
                "GET",
                "https://example.amazonaws.com/",
                &[][..],
                "host;x-amz-date",
                "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
            ),
            (
                "post-vanilla",
                "POST",
                "https://example.amazonaws.com/",
                &[],
                "host;x-amz-date",
                "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b",
            ),
            (
                "post-header-key-sort",
                "POST",
                "https://example.amazonaws.com/",
                &[("My-Header1", "value1")],
                "host;my-header1;x-amz-date",
                "c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c",
            ),
        ] {
            let request = Request { method, url, headers, body: b"" };
            let found = sign(&request, &credentials(None), scope, now()).unwrap();
            assert_eq!(header(&found, "x-amz-date"), "20150830T123600Z");
            assert_eq!(
                header(&found, "authorization"),
                format!(
                    "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, \
                     SignedHeaders={signed}, Signature={signature}"
                ),
                "{case}"
            );
        }
    }

    #[test]
    fn a_request_to_bedrock_is_signed_as_reckoned_by_hand() {
        let path = converse_path("us.anthropic.claude-sonnet-4-5-20250929-v1:0", true);
        let url = format!("https://bedrock-runtime.us-west-2.amazonaws.com{path}");
        let request = Request {
            method: "POST",
            url: &url,
            headers: &[("content-type", "application/json")],
            body: br#"{"messages":[{"role":"user","content":[{"text":"Hi"}]}]}"#,
        };
        let scope = Scope { region: "us-west-2", service: BEDROCK };
        let found = sign(&request, &credentials(Some("session+token=")), scope, now()).unwrap();
        assert_eq!(header(&found, "x-amz-security-token"), "session+token=");
        assert_eq!(
            header(&found, "authorization"),
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-west-2/bedrock/aws4_request, \
             SignedHeaders=content-type;host;x-amz-date;x-amz-security-token, \
             Signature=19bcde54757565c7f20ed95c0139e8aa11f04b0af48118b301eb4a18353d0c46"
        );
    }

    #[test]
    fn a_model_is_one_segment_of_the_path() {
        for (model, stream, expected) in [
            (
                "anthropic.claude-3-haiku-20240307-v1:0",
                false,
                "/model/anthropic.claude-3-haiku-20240307-v1%3A0/converse",
            ),
            (
                "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.amazon.nova-lite-v1:0",
                true,
                "/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A123456789012%3Ainference-profile%2Fus.amazon.nova-lite-v1%3A0/converse-stream",
            ),
            ("a b?c#d%3A~_é", false, "/model/a%20b%3Fc%23d%253A~_%C3%A9/converse"),
        ] {
            assert_eq!(converse_path(model, stream), expected);
        }
    }

    #[test]
    fn what_cannot_be_signed_is_an_error() {
        let scope = Scope { region: "us-east-1", service: BEDROCK };
        let signed = |url: &str, headers: &[(&str, &str)], token: Option<&str>| {
            let request = Request { method: "POST", url, headers, body: b"" };
            sign(&request, &credentials(token), scope, now())
        };
        for url in ["", "/model/x/converse", "https://", "https:///x", "no url"] {
            assert!(matches!(signed(url, &[], None), Err(SignError::Url)), "{url}");
        }
        let url = "https://bedrock-runtime.us-east-1.amazonaws.com/model/x/converse";
        assert!(signed(url, &[("a b", "c")], None).is_err());
        assert!(signed(url, &[], Some("line\nbreak")).is_err());
        assert!(signed(url, &[], Some("token")).is_ok());
    }

    #[test]
    fn secrets_are_not_in_debug_output() {
        let credentials = credentials(Some("TOKEN"));
        let scope = Scope { region: "us-east-1", service: BEDROCK };
        let request = Request { method: "POST", url: "https://h/", headers: &[], body: b"" };
        let headers = sign(&request, &credentials, scope, now()).unwrap();
        let shown = format!("{credentials:?} {headers:?}");
        for secret in ["wJalr", "TOKEN", "AKID", "Signature="] {
            assert!(!shown.contains(secret), "{shown}");
        }
    }

    proptest! {
        #[test]
        fn any_model_makes_a_path_that_can_be_signed(model in ".*", stream: bool) {
            let url = format!("https://bedrock-runtime.us-east-1.amazonaws.com{}", converse_path(&model, stream));
            let request = Request { method: "POST", url: &url, headers: &[], body: b"" };
            let scope = Scope { region: "us-east-1", service: BEDROCK };
            prop_assert!(sign(&request, &credentials(None), scope, now()).is_ok());
        }

        #[test]
        fn any_words_give_a_signature_or_an_error(url in ".*", name in ".*", value in ".*", secret in ".*") {
            let request = Request { method: &name, url: &url, headers: &[(&name, &value)], body: b"" };
            let credentials = Credentials { access_key_id: value.clone(), secret_access_key: secret.clone(), session_token: Some(secret) };
            let _ = sign(&request, &credentials, Scope { region: &name, service: &value }, now());
            let request = Request { url: "https://host/", ..request };
            let _ = sign(&request, &credentials, Scope { region: &name, service: &value }, now());
        }
    }
}
