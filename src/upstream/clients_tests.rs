//! The client against the other side of a socket: TLS, HTTP/2, proxies, and what goes wrong there.

use std::sync::atomic::{AtomicUsize, Ordering};

use http::{StatusCode, Version};
use hyper::{server::conn, service::service_fn};
use hyper_util::rt::TokioIo;
use rustls::pki_types::PrivateKeyDer;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

use super::*;

const CONNECT_TIMEOUT: Duration = Duration::from_millis(500);

/// A certificate for `localhost`, and clients that trust it.
fn trusting(proxies: Matcher) -> (Clients, rustls::ServerConfig) {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let mut roots = rustls::RootCertStore::empty();
    roots.add(made.cert.der().clone()).unwrap();
    let tls = rustls::ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let server = rustls::ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    (Clients::with(tls, proxies, CONNECT_TIMEOUT), server)
}

fn no_proxy() -> Matcher {
    Matcher::builder().build()
}

/// A listener on a free port, and that port.
async fn listener() -> (TcpListener, u16) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    (listener, port)
}

/// A listener that speaks TLS, these protocols in it.
struct Secured {
    listener: TcpListener,
    acceptor: TlsAcceptor,
}

impl Secured {
    async fn new(mut tls: rustls::ServerConfig, protocols: &[&str]) -> (Self, u16) {
        tls.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
        let (listener, port) = listener().await;
        (Self { listener, acceptor: TlsAcceptor::from(Arc::new(tls)) }, port)
    }

    async fn accept(&self) -> TlsStream<TcpStream> {
        let (stream, _) = self.listener.accept().await.unwrap();
        self.acceptor.accept(stream).await.unwrap()
    }
}

fn post(url: &str) -> Request<Full<Bytes>> {
    Request::post(url).body(Full::from("asked")).unwrap()
}

async fn whole(response: Received) -> String {
    let mut body = response.into_body();
    let mut text = String::new();
    while let Some(piece) = chunk(&mut body).await.unwrap() {
        text.push_str(std::str::from_utf8(&piece).unwrap());
    }
    text
}

async fn echo(
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Box<dyn Error + Send + Sync>> {
    let agent = request.headers()[header::USER_AGENT].to_str()?.to_owned();
    let asked = request.into_body().collect().await?.to_bytes();
    Ok(Response::new(Full::from(format!("{agent}: {}", std::str::from_utf8(&asked)?))))
}

#[tokio::test]
async fn http2_is_spoken_over_one_connection_with_whoever_speaks_it() {
    for (protocols, version) in
        [(&["h2", "http/1.1"][..], Version::HTTP_2), (&["http/1.1"], Version::HTTP_11)]
    {
        let (clients, tls) = trusting(no_proxy());
        let (server, port) = Secured::new(tls, protocols).await;
        let connections = Arc::new(AtomicUsize::new(0));
        let accepted = Arc::clone(&connections);
        tokio::spawn(async move {
            loop {
                let stream = TokioIo::new(server.accept().await);
                accepted.fetch_add(1, Ordering::Relaxed);
                tokio::spawn(async move {
                    if version == Version::HTTP_2 {
                        let http = conn::http2::Builder::new(TokioExecutor::new());
                        let _ = http.serve_connection(stream, service_fn(echo)).await;
                    } else {
                        let http = conn::http1::Builder::new();
                        let _ = http.serve_connection(stream, service_fn(echo)).await;
                    }
                });
            }
        });
        let client = clients.here();
        let url = format!("https://localhost:{port}/v1");
        let first = client.send(post(&url)).await.unwrap();
        assert_eq!((first.status(), first.version()), (StatusCode::OK, version));
        let second = client.send(post(&url)).await.unwrap();
        let agent = concat!("scrimp/", env!("CARGO_PKG_VERSION"));
        assert_eq!(whole(first).await, format!("{agent}: asked"));
        assert_eq!(whole(second).await, format!("{agent}: asked"));
        if version == Version::HTTP_2 {
            assert_eq!(connections.load(Ordering::Relaxed), 1);
        }
    }
}

#[tokio::test]
async fn a_request_that_was_not_looked_at_is_known() {
    for (reason, expected) in
        [(h2::Reason::REFUSED_STREAM, true), (h2::Reason::INTERNAL_ERROR, false)]
    {
        let (clients, tls) = trusting(no_proxy());
        let (server, port) = Secured::new(tls, &["h2"]).await;
        tokio::spawn(async move {
            let mut http = h2::server::handshake(server.accept().await).await.unwrap();
            while let Some(Ok((_, mut respond))) = http.accept().await {
                respond.send_reset(reason);
            }
        });
        let error = clients.here().send(post(&format!("https://localhost:{port}/"))).await;
        let error = error.unwrap_err();
        assert_eq!(matches!(error, SendError::NotTaken), expected, "{reason:?}: {error}");
    }
}

#[tokio::test]
async fn why_there_is_no_connection_is_said() {
    let (clients, tls) = trusting(no_proxy());
    let sent = async |clients: &Clients, port| {
        let url = format!("https://localhost:{port}/");
        clients.here().send(post(&url)).await.unwrap_err()
    };
    // One that accepts, and says nothing.
    let (silent, port) = listener().await;
    assert!(matches!(sent(&clients, port).await, SendError::Timeout));
    drop(silent);
    let refused = sent(&clients, port).await;
    assert!(matches!(&refused, SendError::Connect(said) if said.contains("refused")), "{refused}");
    // One whose certificate nobody vouches for.
    let (strangers, _) = trusting(no_proxy());
    let (server, port) = Secured::new(tls, &["h2"]).await;
    tokio::spawn(
        async move { server.acceptor.accept(server.listener.accept().await.unwrap().0).await },
    );
    let unknown = sent(&strangers, port).await;
    assert!(
        matches!(&unknown, SendError::Connect(said) if said.contains("certificate")),
        "{unknown}"
    );
}

/// What a proxy reads up to the end of a head.
async fn head(stream: &mut TcpStream) -> String {
    let mut read = Vec::new();
    while !read.ends_with(b"\r\n\r\n") {
        read.push(stream.read_u8().await.unwrap());
    }
    String::from_utf8(read).unwrap()
}

#[tokio::test]
async fn a_proxy_is_told_whom_plain_requests_are_for() {
    let (proxy, port) = listener().await;
    let proxies =
        Matcher::builder().http(format!("http://me:secret@127.0.0.1:{port}")).no("near.test");
    let (clients, _) = trusting(proxies.build());
    let served = tokio::spawn(async move {
        let (mut stream, _) = proxy.accept().await.unwrap();
        let asked = head(&mut stream).await;
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await.unwrap();
        asked
    });
    let response = clients.here().send(post("http://far.test/v1/chat")).await.unwrap();
    assert_eq!(whole(response).await, "ok");
    let asked = served.await.unwrap();
    assert!(asked.starts_with("POST http://far.test/v1/chat HTTP/1.1\r\n"), "{asked}");
    assert!(asked.contains("proxy-authorization: Basic bWU6c2VjcmV0\r\n"), "{asked}");
    assert!(asked.contains("host: far.test\r\n"), "{asked}");
    let near = clients.here().send(post("http://near.test/")).await.unwrap_err();
    assert!(matches!(&near, SendError::Connect(said) if said.contains("dns")), "{near}");
}

#[tokio::test]
async fn tls_goes_through_a_tunnel_of_the_proxy() {
    let (proxy, port) = listener().await;
    let proxies = Matcher::builder().all(format!("http://me:secret@127.0.0.1:{port}"));
    let (clients, tls) = trusting(proxies.build());
    let (server, to) = Secured::new(tls, &["h2"]).await;
    tokio::spawn(async move {
        let http = conn::http2::Builder::new(TokioExecutor::new());
        http.serve_connection(TokioIo::new(server.accept().await), service_fn(echo)).await
    });
    let served = tokio::spawn(async move {
        let (mut stream, _) = proxy.accept().await.unwrap();
        let asked = head(&mut stream).await;
        stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
        let mut onward = TcpStream::connect(("127.0.0.1", to)).await.unwrap();
        tokio::spawn(async move { tokio::io::copy_bidirectional(&mut stream, &mut onward).await });
        asked
    });
    let response = clients.here().send(post(&format!("https://localhost:{to}/"))).await.unwrap();
    assert_eq!(response.version(), Version::HTTP_2);
    assert!(whole(response).await.ends_with(": asked"));
    let asked = served.await.unwrap();
    assert!(asked.starts_with(&format!("CONNECT localhost:{to} HTTP/1.1\r\n")), "{asked}");
    assert!(
        asked.to_lowercase().contains("proxy-authorization: basic bwu6c2vjcmv0\r\n"),
        "{asked}"
    );
    // A proxy that refuses.
    let (proxy, port) = listener().await;
    let proxies = Matcher::builder().all(format!("http://127.0.0.1:{port}"));
    let (clients, _) = trusting(proxies.build());
    tokio::spawn(async move {
        let (mut stream, _) = proxy.accept().await.unwrap();
        head(&mut stream).await;
        stream.write_all(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n").await.unwrap();
    });
    let error = clients.here().send(post("https://far.test/")).await.unwrap_err();
    assert!(
        matches!(&error, SendError::Connect(said) if said.contains("by the proxy 127.0.0.1")),
        "{error}"
    );
}

#[tokio::test]
async fn a_body_that_breaks_off_is_an_error() {
    let (server, port) = listener().await;
    let (clients, _) = trusting(no_proxy());
    tokio::spawn(async move {
        let (mut stream, _) = server.accept().await.unwrap();
        head(&mut stream).await;
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf").await.unwrap();
    });
    let response = clients.here().send(post(&format!("http://127.0.0.1:{port}/"))).await.unwrap();
    let mut body = response.into_body();
    assert_eq!(chunk(&mut body).await.unwrap().unwrap(), "half");
    assert!(matches!(chunk(&mut body).await, Err(SendError::Broken(_))));
}
