//! Consoles: several at once, read-only, slow, rude.

use super::*;
use crate::protocol::Update;

async fn next_update(console: &mut Console) -> Update {
    loop {
        if let ServerLine::Update { update } = console.next().await {
            return update;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_console_gets_everything_once_and_then_what_changed() {
    let place = Place::new(2, 20, 20, "");
    let _engine = place.start();
    let mut steering = place.console().await;
    steering.wait_until("the plan", |job| job.planned).await;
    let mut looking = place.console().await;
    assert_eq!(
        looking.ask(RequestBody::Subscribe).await,
        Reply::Done { message: "attached".to_owned() }
    );
    let Update::Snapshot { snapshot } = next_update(&mut looking).await else {
        panic!("the snapshot comes first")
    };
    assert_eq!(snapshot.tables.len(), 2);
    assert_eq!(snapshot.consoles.len(), 1);
    let mut mirror = *snapshot;
    steering.must(Action::Threads { want: 2 }).await;
    steering.must(Action::Start).await;
    let mut lines = Vec::new();
    while mirror.job.state != "COMPLETED" {
        let Update::Changed { job, tables, workers, log, .. } = next_update(&mut looking).await
        else {
            panic!("one snapshot is enough")
        };
        if let Some(job) = job {
            mirror.job = *job;
        }
        for table in tables {
            let number = table.number as usize;
            mirror.tables[number] = table;
        }
        mirror.workers = workers.unwrap_or(mirror.workers);
        lines.extend(log);
    }
    let whole = steering.status().await;
    assert_eq!(mirror.tables, whole.tables, "changes add up to the whole");
    let by_ana = lines.iter().find(|l| l.text == "threads 4 -> 2").expect("others see the action");
    assert_eq!((by_ana.by.as_str(), by_ana.level.as_str()), ("ana (pts/3)", "action"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_said_while_nothing_changes() {
    let place = Place::new(1, 1, 1, "");
    let _engine = place.start();
    let mut console = place.console().await;
    console.wait_until("the plan", |job| job.planned).await;
    console.ask(RequestBody::Subscribe).await;
    let Update::Snapshot { .. } = next_update(&mut console).await else { panic!("no snapshot") };
    // The console itself is news to the others, and to it.
    let quiet = tokio::time::timeout(Duration::from_millis(1_500), async {
        loop {
            match next_update(&mut console).await {
                Update::Changed { job: None, .. } => {}
                other => return other,
            }
        }
    });
    assert!(quiet.await.is_err(), "a job that stands still is silent");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_read_only_console_looks_and_does_not_act() {
    let place = Place::new(1, 4, 1, "");
    let _engine = place.start();
    let mut steering = place.console().await;
    steering.wait_until("the plan", |job| job.planned).await;
    let mut looking = place.console_as(true).await;
    let Reply::Refused { message } = looking.act(Action::Start).await else {
        panic!("a read-only console started a job")
    };
    assert!(message.contains("read-only"), "{message}");
    assert_eq!(looking.status().await.job.state, "DEFINING");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repeated_action_is_acknowledged_and_not_done_again() {
    let place = Place::new(1, 4, 1, "");
    let _engine = place.start();
    let mut console = place.console().await;
    console.wait_until("the plan", |job| job.planned).await;
    let set = |want| RequestBody::Action { action: Action::Threads { want } };
    let first = console.ask_as(900, set(7)).await;
    console.ask_as(901, set(9)).await;
    let mut again = place.console().await;
    assert_eq!(again.ask_as(900, set(7)).await, first);
    assert_eq!(again.status().await.job.threads.want, 9);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_console_that_does_not_read_is_dropped_and_the_job_goes_on() {
    let place = Place::new(200, 2_000, 3, "");
    let _engine = place.start();
    let mut steering = place.console().await;
    steering.wait_until("the plan", |job| job.planned).await;
    let mut asleep = place.console().await;
    asleep.ask(RequestBody::Subscribe).await;
    // Many snapshots, none of them read: the pipe and then the queue run full.
    for id in 10..400 {
        let line = codec::to_line(&Request { id, body: RequestBody::Status });
        if asleep.writer.write_all(&line).await.is_err() {
            break;
        }
    }
    steering.must(Action::Start).await;
    steering.wait_state("COMPLETED").await;
    let left = steering.status().await;
    assert!(left.consoles.is_empty(), "the sleeper is gone: {:?}", left.consoles);
    assert_eq!(place.world.verdict(), None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rude_peer_harms_nobody() {
    let place = Place::new(1, 4, 1, "");
    let _engine = place.start();
    let mut console = place.console().await;
    let mut rude = place.console().await;
    rude.write(b"{\"id\":1,\"body\":{\"type\":\"dance\"}}\n").await;
    let mut rest = Vec::new();
    let hung_up = rude.reader.read_until(b'\n', &mut rest);
    assert_eq!(tokio::time::timeout(PATIENCE, hung_up).await.unwrap().unwrap(), 0);
    console.start_job().await;
    console.wait_state("COMPLETED").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_socket_that_vanished_is_made_anew() {
    let place = Place::new(1, 4, 1, "");
    let _engine = place.start();
    let mut console = place.console().await;
    console.wait_until("the plan", |job| job.planned).await;
    std::fs::remove_file(place.paths().socket(&place.name, PROTOCOL)).unwrap();
    let mut again = place.console().await;
    assert_eq!(again.status().await.job.state, "DEFINING");
    assert_eq!(console.status().await.job.state, "DEFINING", "and the old line still holds");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_socket_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::new(1, 1, 1, "");
    let _engine = place.start();
    let _console = place.console().await;
    let path = place.paths().socket(&place.name, PROTOCOL);
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode();
    assert_eq!(mode(&path) & 0o777, 0o600);
    assert_eq!(mode(path.parent().unwrap()) & 0o777, 0o700);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_plan_can_be_read_before_the_start() {
    let place = Place::new(3, 12, 1, "");
    let _engine = place.start();
    let mut console = place.console().await;
    console.wait_until("the plan", |job| job.planned).await;
    let Reply::Plan { plan } = console.ask(RequestBody::Plan).await else { panic!("no plan") };
    assert!(!plan.blocked, "{:?}", plan.findings);
    assert_eq!(plan.tables.len(), 3);
    assert_eq!(plan.tables.iter().map(|t| t.chunks).sum::<u32>(), 12);
    assert!(!plan.checklist.is_empty());
}
