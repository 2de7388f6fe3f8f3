//! A client against engines that are played by a few lines.

use std::os::unix::fs::PermissionsExt;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};

use super::*;
use crate::protocol::{Action, Hello, Reply, Request, RequestBody, ServerLine, Update, codec};

struct Scene {
    _directory: tempfile::TempDir,
    client: Client,
    job: JobName,
}

impl Scene {
    fn new() -> Scene {
        let directory = tempfile::tempdir().unwrap();
        let here = directory.path().to_owned();
        let paths =
            Paths { state: here.join("s"), config: here.join("c"), runtime: here.join("r") };
        let job = JobName::parse("job").unwrap();
        fs::create_dir_all(paths.job(&job)).unwrap();
        Scene { _directory: directory, client: Client::new(paths), job }
    }

    fn listen(&self, protocol: u32) -> UnixListener {
        let path = self.client.paths.socket(&self.job, protocol);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        UnixListener::bind(path).unwrap()
    }

    fn hold_lock(&self) -> fs::File {
        let file = fs::File::create(self.client.paths.lock(&self.job)).unwrap();
        rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive).unwrap();
        file
    }

    /// A program that is started instead of an engine.
    fn play_engine(&mut self, script: &str) {
        let path = self.client.paths.state.join("engine.sh");
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&path, PermissionsExt::from_mode(0o700)).unwrap();
        self.client.program = path;
    }
}

/// Greets one client and hands back its lines.
async fn greet(listener: &UnixListener, protocol: u32) -> tokio::io::Lines<BufReader<UnixStream>> {
    let (stream, _) = listener.accept().await.unwrap();
    let mut lines = BufReader::new(stream).lines();
    let hello: Hello =
        codec::from_line(lines.next_line().await.unwrap().unwrap().as_bytes()).unwrap();
    say(&mut lines, &Hello { protocol, pid: 4411, ..hello }).await;
    lines
}

async fn say<T: serde::Serialize>(to: &mut tokio::io::Lines<BufReader<UnixStream>>, message: &T) {
    to.get_mut().get_mut().write_all(&codec::to_line(message)).await.unwrap();
}

async fn hear(from: &mut tokio::io::Lines<BufReader<UnixStream>>) -> Request {
    codec::from_line(from.next_line().await.unwrap().unwrap().as_bytes()).unwrap()
}

#[tokio::test]
async fn a_look_says_what_is_there() {
    let scene = Scene::new();
    let look = || scene.client.probe(&scene.job);
    assert!(matches!(look().await, Probe::NoEngine));

    let lock = scene.hold_lock();
    let found = look().await;
    assert!(matches!(found, Probe::Unreachable(ClientError::SocketGone { .. })), "{found:?}");
    drop(lock);

    // The socket of an engine that died: nobody listens.
    drop(scene.listen(PROTOCOL));
    assert!(matches!(look().await, Probe::NoEngine));

    let _other = scene.listen(PROTOCOL + 1);
    let found = look().await;
    assert!(matches!(found, Probe::OtherProtocol { protocol } if protocol == PROTOCOL + 1));
}

#[tokio::test]
async fn an_engine_of_another_protocol_is_refused_in_words() {
    let scene = Scene::new();
    let listener = scene.listen(PROTOCOL);
    let (found, _) = tokio::join!(scene.client.connect(&scene.job), greet(&listener, 99));
    let error = found.unwrap_err();
    assert_eq!(error, ClientError::OtherProtocol { job: scene.job.clone(), engine: 99 });
    assert!(error.to_string().contains("99") && error.advice().contains("not touched"));
}

#[tokio::test]
async fn answers_find_their_questions_and_updates_their_reader() {
    let scene = Scene::new();
    let listener = scene.listen(PROTOCOL);
    let (connection, mut engine) =
        tokio::join!(scene.client.connect(&scene.job), greet(&listener, PROTOCOL));
    let connection = connection.unwrap();
    assert_eq!(connection.engine().pid, 4411);

    let reply = |id: u64, reply: Reply| ServerLine::Reply { id, reply };
    let log = |text: &str| Reply::Refused { message: text.to_owned() };
    let played = async {
        let (first, second) = (hear(&mut engine).await, hear(&mut engine).await);
        // The other way round, and one that nobody asked for.
        say(&mut engine, &reply(999, log("stray"))).await;
        say(&mut engine, &reply(second.id, log("second"))).await;
        say(&mut engine, &reply(first.id, log("first"))).await;
        (first.body, second.body)
    };
    let (first, second, bodies) = tokio::join!(
        connection.request(RequestBody::Status),
        connection.act(Action::Pause),
        played
    );
    assert_eq!(first.unwrap(), log("first"));
    assert_eq!(second.unwrap(), Err("second".to_owned()));
    assert_eq!(bodies, (RequestBody::Status, RequestBody::Action { action: Action::Pause }));

    let played = async {
        let asked = hear(&mut engine).await;
        say(&mut engine, &reply(asked.id, Reply::Done { message: String::new() })).await;
        let goodbye = Update::Goodbye { reason: "stopped".to_owned() };
        say(&mut engine, &ServerLine::Update { update: goodbye }).await;
        drop(engine);
    };
    let (updates, ()) = tokio::join!(connection.subscribe(), played);
    let mut updates = updates.unwrap();
    assert!(matches!(updates.next().await, Ok(Update::Goodbye { .. })));
    let left = ClientError::Left { reason: "stopped".to_owned() };
    assert_eq!(updates.next().await, Err(left.clone()));
    assert_eq!(connection.request(RequestBody::Status).await, Err(left));
}

#[tokio::test]
async fn a_question_ends_with_the_conversation() {
    let scene = Scene::new();
    let listener = scene.listen(PROTOCOL);
    let (connection, mut engine) =
        tokio::join!(scene.client.connect(&scene.job), greet(&listener, PROTOCOL));
    let connection = connection.unwrap();
    let played = async {
        hear(&mut engine).await;
        drop(engine);
    };
    let (answer, ()) = tokio::join!(connection.request(RequestBody::Status), played);
    assert!(matches!(answer, Err(ClientError::Lost { .. })), "{answer:?}");
}

#[tokio::test]
async fn a_link_comes_back_after_the_engine_did() {
    let scene = Scene::new();
    let listener = scene.listen(PROTOCOL);
    let mut link = Link::open(scene.client.clone(), scene.job.clone(), None);
    for round in 0..2 {
        let mut engine = greet(&listener, PROTOCOL).await;
        let asked = hear(&mut engine).await;
        assert_eq!(asked.body, RequestBody::Subscribe);
        let reply = Reply::Done { message: String::new() };
        say(&mut engine, &ServerLine::Reply { id: asked.id, reply }).await;
        assert!(matches!(link.next().await, LinkEvent::Up { .. }), "round {round}");
        drop(engine);
        let down = link.next().await;
        assert!(matches!(down, LinkEvent::Down { tries: 1, retry_ms: 500, .. }), "{down:?}");
        let asked = link.requester().request(RequestBody::Status).await;
        assert_eq!(asked, Err(ClientError::NotConnected));
    }
}

#[tokio::test]
async fn an_engine_that_does_not_start_is_heard() {
    let mut scene = Scene::new();
    scene.play_engine("echo 'tidegate: no room' >&2; echo 'Nothing was made.' >&2; exit 8");
    let error = scene.client.attach(&scene.job, &StartMessage::default()).await.unwrap_err();
    assert_eq!(
        error,
        ClientError::StartFailed {
            job: scene.job.clone(),
            message: "no room".to_owned(),
            detail: Some("Nothing was made.".to_owned()),
            exit_code: Some(8),
        }
    );
    scene.play_engine("kill -9 $$");
    let error = scene.client.attach(&scene.job, &StartMessage::default()).await.unwrap_err();
    assert!(matches!(error, ClientError::StartFailed { exit_code: None, .. }), "{error:?}");
    assert!(error.to_string().contains("without a word"));
}

/// The engine gets its message, its own session, no terminal and a directory that stays.
#[tokio::test]
async fn an_engine_is_started_apart_from_us() {
    let mut scene = Scene::new();
    let seen = scene.client.paths.state.join("seen");
    scene.play_engine(&format!(
        "read line; echo \"$1 $2 $line\" > {0}; cut -d' ' -f5,6 /proc/$$/stat | tr ' ' = >> {0}; \
         echo $$ >> {0}; pwd >> {0}; exit 1",
        seen.display()
    ));
    let start = StartMessage { source_password: Some("pw".to_owned()), ..StartMessage::default() };
    let _ = scene.client.attach(&scene.job, &start).await.unwrap_err();
    let text = fs::read_to_string(seen).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], "engine job {\"source_password\":\"pw\"}");
    // Process group and session are its own.
    assert_eq!(lines[1], format!("{0}={0}", lines[2]));
    assert_eq!(lines[3], "/");
}
