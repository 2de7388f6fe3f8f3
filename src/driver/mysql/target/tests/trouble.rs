//! Lost connections, a server that is killed, and logins that are refused.

use super::crossing::{Crossing, chunk, link, numbered, send_batches, step, table, wait_until};
use super::server::{PASSWORD, Server};
use crate::core::fault::{Fault, FaultKind};
use crate::core::plan::TablePlan;
use crate::driver::mysql::address::MysqlAddress;
use crate::driver::mysql::target::MysqlTarget;
use crate::driver::{Block, LedgerKey, Target, TargetSession, Written};

fn numbers() -> TablePlan {
    table("t", &[("a", "int"), ("b", "text")])
}

const MAKE: &str = "CREATE TABLE t (a int PRIMARY KEY, b text)";

async fn login(server: &Server, url: &str, password: &str) -> Result<(), Fault> {
    let address = MysqlAddress::of(&server.access_at(url, "login", password)).unwrap();
    MysqlTarget::new(address).link.connect().await.map(|_| ())
}

#[tokio::test]
async fn a_refused_login_and_an_unreachable_server_are_told_apart() {
    let server = Server::start();
    let good = format!("mysql://keeper@127.0.0.1:{}/home", server.port);
    assert_eq!(login(&server, &good, PASSWORD).await, Ok(()));
    let socket = server.socket().replace('/', "%2F");
    server.sql("CREATE USER keeper@localhost IDENTIFIED BY 'other'");
    let by_socket = format!("mysql://keeper@{socket}/");
    assert_eq!(login(&server, &by_socket, "other").await, Ok(()));
    let nobody = good.replace("keeper", "nobody");
    // The job may yet create it.
    assert_eq!(login(&server, &good.replace("/home", "/later"), PASSWORD).await, Ok(()));
    let tls = format!("{good}?ssl-mode=required");
    let closed = "mysql://keeper@127.0.0.1:1/home".to_owned();
    let no_socket = "mysql://keeper@%2Fno%2Fsuch%2Fsocket/".to_owned();
    for (url, password, kind) in [
        (&good, "wrong", FaultKind::LoginRefused),
        (&nobody, PASSWORD, FaultKind::LoginRefused),
        (&tls, PASSWORD, FaultKind::LoginRefused),
        (&closed, PASSWORD, FaultKind::ConnectionLost),
        (&no_socket, PASSWORD, FaultKind::ConnectionLost),
    ] {
        let fault = login(&server, url, password).await.unwrap_err();
        assert_eq!(fault.kind, kind, "{url}: {fault}");
        assert!(fault.hint.is_some(), "{fault}");
        assert!(!format!("{fault:?}").contains(PASSWORD), "{fault}");
    }
}

#[tokio::test]
async fn a_connection_lost_between_load_and_commit_leaves_nothing() {
    let crossing = Crossing::new(MAKE).await;
    let mut writer = crossing.writer().await;
    let task = chunk(&numbers(), 1);
    let (sender, receiver, gauge) = link();
    let server = &crossing.server;
    let breaking = async {
        sender.send(Block::Rows(numbered(1, 500, 2))).await.unwrap();
        wait_until("rows are under way", || gauge.read().0 == 500).await;
        let thread = "SELECT ID FROM information_schema.PROCESSLIST \
                      WHERE INFO LIKE 'LOAD DATA%' AND ID <> CONNECTION_ID()";
        server.sql(&format!("KILL {}", server.sql(thread)));
        sender.end(500).await.unwrap();
    };
    let (lost, ()) = tokio::join!(writer.write(&task, receiver), breaking);
    assert_eq!(lost.unwrap_err().kind, FaultKind::ConnectionLost);
    assert_eq!(crossing.ledger_keys().await, []);
    assert_eq!(crossing.ask("count(*) FROM t"), "0");
    let mut writer = crossing.writer().await;
    let done = send_batches(&mut writer, &task, vec![numbered(1, 500, 2)]).await;
    assert_eq!(done, Ok(Written::now(500)));
}

#[tokio::test]
async fn a_server_that_is_killed_has_ledger_and_rows_agreeing() {
    let mut crossing = Crossing::new(MAKE).await;
    let plan = numbers();
    let mut writer = crossing.writer().await;
    let batches = vec![numbered(1, 500, 2)];
    send_batches(&mut writer, &chunk(&plan, 0), batches).await.unwrap();
    writer.run(&step(1, &["CREATE TABLE home.u (a int)"])).await.unwrap();
    // In the middle of the next chunk.
    let task = chunk(&plan, 1);
    let (sender, receiver, gauge) = link();
    let half = tokio::spawn(async move { writer.write(&task, receiver).await });
    sender.send(Block::Rows(numbered(501, 1000, 2))).await.unwrap();
    wait_until("rows are under way", || gauge.read().0 == 500).await;
    crossing.server.kill();
    sender.end(500).await.ok();
    assert_eq!(half.await.unwrap().unwrap_err().kind, FaultKind::ConnectionLost);
    let gone = crossing.target.ledger(&crossing.job).await.unwrap_err();
    assert_eq!(gone.kind, FaultKind::ConnectionLost, "{gone}");
    crossing.server.boot();
    let known = [(LedgerKey::Chunk(0), 500), (LedgerKey::Step(1), 0)];
    assert_eq!(crossing.ledger_keys().await, known);
    assert_eq!(crossing.ask("count(*) FROM t"), "500");
    let mut writer = crossing.writer().await;
    let batches = vec![numbered(501, 1000, 2)];
    send_batches(&mut writer, &chunk(&plan, 1), batches).await.unwrap();
    assert_eq!(crossing.ask("count(*), sum(a) FROM t"), "1000\t500500");
}
