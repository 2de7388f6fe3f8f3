//! Where a server is and how to log in, for both client libraries.

use std::path::PathBuf;

use crate::core::fault::{Fault, FaultKind, Side};
use crate::core::spec::{Secret, percent_decode};
use crate::driver::url::Access;

/// How much of TLS is insisted on (`ssl-mode` of MySQL's clients).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TlsMode {
    Disabled,
    Preferred,
    Required,
    VerifyCa,
    VerifyIdentity,
}

const TLS_MODES: [(&str, TlsMode); 5] = [
    ("disabled", TlsMode::Disabled),
    ("preferred", TlsMode::Preferred),
    ("required", TlsMode::Required),
    ("verify_ca", TlsMode::VerifyCa),
    ("verify_identity", TlsMode::VerifyIdentity),
];

/// One server and one login. Deliberately without `Debug`: it holds the password.
#[derive(Clone)]
pub(super) struct MysqlAddress {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) socket: Option<PathBuf>,
    pub(super) user: String,
    pub(super) password: Option<Secret>,
    /// The database the URL names; empty: none.
    pub(super) database: String,
    pub(super) tls: TlsMode,
    pub(super) ca: Option<PathBuf>,
    pub(super) cert: Option<PathBuf>,
    pub(super) key: Option<PathBuf>,
    pub(super) side: Side,
    pub(super) job_id: String,
}

impl MysqlAddress {
    /// Reads the endpoint's normal form:
    /// `mysql://user@host:3306/db?socket=%2Frun%2Fmysqld.sock&ssl-mode=required&ssl-ca=%2F...`.
    pub(super) fn of(access: &Access) -> Result<MysqlAddress, Fault> {
        let usage = |message: &str| Fault::new(FaultKind::Usage, access.side, message);
        let server =
            access.endpoint.server().ok_or_else(|| usage("the MySQL URL cannot be read"))?;
        let query = access.endpoint.url.split_once('?').map_or("", |(_, query)| query);
        let parameter = |name: &str| {
            let value = query.split('&').find_map(|pair| {
                pair.split_once('=').filter(|(key, _)| *key == name).map(|(_, value)| value)
            });
            value.and_then(percent_decode)
        };
        let tls = match parameter("ssl-mode") {
            None => TlsMode::Preferred,
            Some(word) => TLS_MODES
                .iter()
                .find(|(known, _)| *known == word)
                .map(|(_, mode)| *mode)
                .ok_or_else(|| usage("ssl-mode is none of MySQL's"))?,
        };
        let is_socket = server.host.starts_with('/');
        Ok(MysqlAddress {
            socket: is_socket.then(|| PathBuf::from(&server.host)),
            host: if is_socket { "localhost".to_owned() } else { server.host },
            port: server.port,
            user: server.user,
            password: access.password.clone(),
            database: server.database,
            tls,
            ca: parameter("ssl-ca").map(PathBuf::from),
            cert: parameter("ssl-cert").map(PathBuf::from),
            key: parameter("ssl-key").map(PathBuf::from),
            side: access.side,
            job_id: access.job_id.clone(),
        })
    }
}
