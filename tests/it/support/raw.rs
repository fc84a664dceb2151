//! A bare connection, for what no well-behaved client sends.

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use super::{Gateway, soon};

/// One TCP connection to the gateway.
pub struct Connection(TcpStream);

impl Connection {
    /// Connects.
    pub async fn open(gateway: &Gateway) -> Self {
        Self(TcpStream::connect(gateway.app().address()).await.unwrap())
    }

    /// Sends these bytes; a peer that has closed already is no error.
    pub async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        let _ = self.0.write_all(bytes.as_ref()).await;
    }

    /// Reads until the peer closes, or resets, the connection.
    pub async fn into_end(mut self) -> String {
        let mut all = Vec::new();
        let _ = soon(self.0.read_to_end(&mut all)).await;
        String::from_utf8_lossy(&all).into_owned()
    }

    /// Reads until `phrase` has come.
    pub async fn until(&mut self, phrase: &str) -> String {
        let mut all = String::new();
        let mut buffer = vec![0; 65536];
        while !all.contains(phrase) {
            let count = soon(self.0.read(&mut buffer)).await.unwrap();
            assert!(count > 0, "the connection closed after {all:?}");
            all.push_str(&String::from_utf8_lossy(&buffer[..count]));
        }
        all
    }
}
