//! The job of the drawings: crm-nov, 41 tables, PostgreSQL to MySQL.

use super::NOW_MS;
use crate::console::model::JobRow;
use crate::protocol::{
    AlertView, ChecklistView, ChunkView, ConsoleView, FindingView, JobView, LogLine, PhaseView,
    PlanTableView, PlanView, ProgressView, RateView, RejectGroupView, RejectView, Reply, RunView,
    Snapshot, StepView, TableView, ThreadsView, WorkerView,
};

const MB: u64 = 1_000_000;

pub fn log(seconds_ago: i64, by: &str, text: &str, level: &str) -> LogLine {
    LogLine {
        at_ms: NOW_MS - seconds_ago * 1000,
        by: by.to_owned(),
        text: text.to_owned(),
        level: level.to_owned(),
    }
}

/// `(name, state, done, running, failed, skipped, total, rows in thousands)`
type Row = (&'static str, &'static str, u32, u32, u32, u32, u32, u64);

const TABLES: [Row; 12] = [
    ("crm.orders", "failed", 995, 6, 2, 0, 1171, 123_000),
    ("crm.order_items", "running", 366, 2, 0, 0, 610, 64_000),
    ("crm.customers", "failed", 80, 0, 5, 0, 88, 4_400),
    ("crm.payments", "running", 445, 2, 0, 0, 571, 60_000),
    ("crm.order_events", "running", 101, 1, 0, 0, 562, 59_000),
    ("crm.shipments", "running", 94, 1, 0, 0, 171, 18_000),
    ("crm.currencies", "done", 1, 0, 0, 0, 1, 0),
    ("crm.regions", "done", 1, 0, 0, 0, 1, 0),
    ("crm.users", "done", 40, 0, 0, 0, 40, 4_100),
    ("crm.audit_2024", "waiting", 0, 0, 0, 0, 486, 51_000),
    ("crm.audit_2025", "waiting", 0, 0, 0, 0, 131, 13_000),
    ("crm.tmp_import", "skipped", 0, 0, 0, 2, 2, 100),
];

fn table(number: usize, row: &Row) -> TableView {
    let (name, state, done, running, failed, skipped, total, thousands) = *row;
    let rows_total = if thousands == 0 { 174 } else { thousands * 1000 };
    TableView {
        number: u32::try_from(number).unwrap(),
        name: name.to_owned(),
        target_name: None,
        state: state.to_owned(),
        chunks_total: total,
        chunks_done: done,
        chunks_running: running,
        chunks_failed: failed,
        chunks_skipped: skipped,
        cells: None,
        rows_done: rows_total * u64::from(done) / u64::from(total),
        rows_rejected: 0,
        rows_total,
        bytes_done: rows_total * 1000 * u64::from(done) / u64::from(total),
        bytes_total: rows_total * 1000,
        rows_moving: 0,
        bytes_moving: 0,
        estimated: done < total,
        method: "key id".to_owned(),
        path: "conventional".to_owned(),
        bytes_per_s: u64::from(running) * 6 * MB,
        last_change_ms: NOW_MS - i64::try_from(number).unwrap() * 1000,
        compared: None,
    }
}

pub fn workers() -> Vec<WorkerView> {
    let held = [
        ("crm.orders #1003", "read", 88_000, 9_400_000, 13),
        ("crm.order_items #372", "write", 61_000, 8_800_000, 7),
        ("crm.payments #451", "commit", 105_000, 0, 5),
        ("crm.order_events #103", "read", 2_000, 900_000, 2),
        ("crm.orders #998", "write", 101_000, 7_900_000, 31),
        ("crm.orders #1001", "WAIT", 0, 0, 42),
    ];
    let mut workers: Vec<WorkerView> = held
        .iter()
        .zip(1..)
        .map(|((work, activity, rows, speed, seconds), number)| WorkerView {
            number,
            role: "stay".to_owned(),
            work: (*work).to_owned(),
            activity: (*activity).to_owned(),
            rows: *rows,
            rows_expected: 105_000,
            bytes_per_s: *speed,
            held_ms: *seconds * 1000,
            waits_for: (*activity == "WAIT").then(|| "lock on crm_new.orders".to_owned()),
        })
        .collect();
    workers.push(WorkerView {
        number: 13,
        role: "connecting".to_owned(),
        held_ms: 1000,
        ..WorkerView::default()
    });
    workers
}

/// The run screen's drawing.
pub fn crm() -> Snapshot {
    let tables: Vec<TableView> = TABLES.iter().enumerate().map(|(i, r)| table(i, r)).collect();
    Snapshot {
        job: job(),
        tables,
        workers: workers(),
        consoles: vec![console("ana", "pts/3"), console("bo", "pts/7")],
        log: vec![
            log(
                14,
                "engine",
                "crm.payments #449 attempt 1 failed: MySQL 1213 Deadlock found when trying to get \
                 lock; try restarting transaction",
                "warn",
            ),
            log(14, "engine", "crm.payments #449 tries again in 10 s (attempt 2 of 3)", "info"),
            log(1, "ana (pts/3)", "threads 12 -> 16", "action"),
            log(0, "engine", "workers 13 14 15 16 connecting", "info"),
        ],
    }
}

fn console(user: &str, tty: &str) -> ConsoleView {
    ConsoleView {
        user: user.to_owned(),
        tty: tty.to_owned(),
        since_ms: NOW_MS - 3_600_000,
        read_only: false,
    }
}

fn job() -> JobView {
    JobView {
        name: "crm-nov".to_owned(),
        kind: "copy".to_owned(),
        state: "EXECUTING".to_owned(),
        source: "pg:crm@db1".to_owned(),
        target: "my:crm@db7".to_owned(),
        target_label: Some("PROD".to_owned()),
        production: true,
        started_ms: NOW_MS - 72 * 60_000,
        elapsed_ms: 72 * 60_000,
        now_ms: NOW_MS,
        threads: ThreadsView {
            want: 16,
            run: 12,
            connecting: 4,
            max: 32,
            index_workers: 2,
            ..ThreadsView::default()
        },
        rate: RateView {
            bytes_per_s: 71 * MB,
            rows_per_s: 70_000,
            peak_bytes_per_s: 88 * MB,
            mean_1m_bytes_per_s: 71 * MB,
            mean_10m_bytes_per_s: 69 * MB,
            spark: (0..64).map(|i| (40 + (i * 7) % 48) * MB).collect(),
            ..RateView::default()
        },
        progress: progress(),
        phases: phases(),
        planned: true,
        engine_pid: 4411,
        build: env!("CARGO_PKG_VERSION").to_owned(),
        state_path: "/var/lib/tidegate/jobs/crm-nov/master.db".to_owned(),
        log_path: "/var/lib/tidegate/jobs/crm-nov/engine.log".to_owned(),
        snapshots: 1,
        ..JobView::default()
    }
}

fn progress() -> ProgressView {
    ProgressView {
        percent: 63,
        chunks_done: 2_918,
        chunks_running: 12,
        chunks_left: 1_673,
        chunks_failed: 7,
        chunks_skipped: 2,
        rows_done: 296 * MB,
        rows_total: 470 * MB,
        bytes_done: 298_000 * MB,
        bytes_total: 473_000 * MB,
        estimated: true,
        eta_ms: Some((39 * 60_000, 59 * 60_000)),
        tables_done: 17,
        tables_running: 9,
        tables_left: 15,
        tables_failed: 2,
        ..ProgressView::default()
    }
}

fn phases() -> Vec<PhaseView> {
    let phase = |name: &str, done, total, running| PhaseView {
        name: name.to_owned(),
        done,
        total,
        running,
        failed: 0,
    };
    vec![
        phase("schema", 41, 41, 0),
        phase("copy", 17, 41, 9),
        phase("indexes", 0, 58, 0),
        phase("keys", 0, 31, 0),
        phase("sequences", 0, 18, 0),
    ]
}

/// 12 threads being taken back to 4 under a rate limit.
pub fn draining() -> Snapshot {
    let mut shot = crm();
    shot.job.threads = ThreadsView {
        want: 4,
        run: 12,
        draining: 8,
        draining_oldest_ms: 42_000,
        max: 32,
        ..ThreadsView::default()
    };
    shot.job.rate.bytes_per_s = 40 * MB;
    shot.job.rate.limit_bytes_per_s = Some(40 * MB);
    shot.job.rate.limit_by = Some("bo 14:33".to_owned());
    shot.job.held_by = vec!["rate limit 40 MB/s, set by bo 14:33".to_owned()];
    for worker in shot.workers.iter_mut().skip(4) {
        worker.role = "drain".to_owned();
    }
    shot
}

pub fn target_lost() -> AlertView {
    AlertView {
        id: "target-lost".to_owned(),
        what: "Target my:crm@db7 is lost since 14:30:02: server closed the connection".to_owned(),
        safe: "Finished chunks are on the target and recorded; they are not copied again."
            .to_owned(),
        next: "Next look at 14:31:36 (3 tries so far); then the job goes on by itself.".to_owned(),
        keys: vec!["r try now".to_owned(), "p pause".to_owned(), "y copy".to_owned()],
        since_ms: NOW_MS - 74_000,
    }
}

const DETAIL: &str =
    "The source treats 'A@b.c' and 'a@b.c' as two, utf8mb4_0900_ai_ci treats them as one.";
const HINT: &str = "Another collation for the key, or bad rows put aside.";

pub fn failed_chunks() -> Reply {
    let unique = "Duplicate entry 'a@b.c' for key 'customers.uq_email'";
    let odd = "Incorrect string value: '\\xF0\\x9F\\x98\\x80' for column 'note' at row 1";
    let chunk = |id, table, name: &str, number: u32, message: &str, code: &str, rows| ChunkView {
        id,
        table,
        table_name: name.to_owned(),
        number,
        state: 3,
        attempts: 3,
        range: format!(
            "id from {} to before {}",
            crate::console::figures::grouped(u64::from(number) * 50_000),
            crate::console::figures::grouped(u64::from(number + 1) * 50_000)
        ),
        rows,
        bytes: rows * 1000,
        rejected: 0,
        worker: Some(5),
        started_ms: Some(NOW_MS - 169_000),
        elapsed_ms: Some(5_000),
        error_code: Some(code.to_owned()),
        error_message: Some(format!("{message}\n{DETAIL}\n{HINT}")),
        error_detail: Some(DETAIL.to_owned()),
        error_hint: Some(HINT.to_owned()),
    };
    let mut chunks: Vec<ChunkView> =
        (81..86).map(|n| chunk(n + 3000, 2, "crm.customers", n, unique, "1062", 50_000)).collect();
    chunks.push(chunk(204, 0, "crm.orders", 204, odd, "1366", 105_000));
    chunks.push(chunk(207, 0, "crm.orders", 207, odd, "1366", 105_000));
    Reply::Chunks { total: 7, chunks }
}

pub fn failed_steps() -> Reply {
    Reply::Steps {
        steps: vec![StepView {
            id: 91,
            title: "create unique index crm.uq_orders_number".to_owned(),
            state: "failed".to_owned(),
            attempts: 3,
            elapsed_ms: Some(31_000),
            error_message: Some(
                "could not create unique index: key (number)=(17) is duplicated".to_owned(),
            ),
            statement: Some(
                "CREATE UNIQUE INDEX uq_orders_number ON crm.orders (number)".to_owned(),
            ),
        }],
    }
}

/// The 88 chunks of crm.customers: 80 done, 5 failed, 3 left.
pub fn customer_chunks() -> Reply {
    let Reply::Chunks { chunks: failed, .. } = failed_chunks() else { unreachable!() };
    let chunks = (1..=88_u32)
        .map(|number| match number {
            81..=85 => failed[(number - 81) as usize].clone(),
            _ => ChunkView {
                id: 3000 + number,
                table: 2,
                table_name: "crm.customers".to_owned(),
                number,
                state: if number <= 80 { 2 } else { 0 },
                attempts: u32::from(number <= 80),
                range: format!(
                    "id from {} to before {}",
                    crate::console::figures::grouped(u64::from(number) * 50_000),
                    crate::console::figures::grouped(u64::from(number + 1) * 50_000)
                ),
                rows: 50_000,
                bytes: 50 * MB,
                worker: (number <= 80).then_some(number % 12 + 1),
                started_ms: (number <= 80).then_some(NOW_MS - 600_000 + i64::from(number) * 5_000),
                elapsed_ms: (number <= 80).then_some(6_000),
                ..ChunkView::default()
            },
        })
        .collect();
    Reply::Chunks { total: 88, chunks }
}

pub fn plan(blocked: bool) -> PlanView {
    let finding = |severity: &str, topic: &str, message: &str| FindingView {
        severity: severity.to_owned(),
        topic: topic.to_owned(),
        message: message.to_owned(),
        detail: Some("You chose to stop when a table exists.".to_owned()),
        hint: Some("Choose another policy, or leave the table out.".to_owned()),
        ways: Vec::new(),
    };
    let mut findings = vec![
        finding("warn", "types", "41 timestamptz columns lose their time zone in datetime(6)"),
        finding("warn", "keys", "crm.order_events has no primary key: 1 thread"),
        finding("ok", "source", "snapshot exported, 97 free connections"),
        finding("ok", "target", "1.2 TB free, needs ~520 GB"),
    ];
    if blocked {
        let text = "crm_new.orders already has 1,204 rows";
        findings.insert(0, finding("BLOCK", "target", text));
    }
    let tables = TABLES
        .iter()
        .map(|(name, _, _, _, _, _, chunks, thousands)| PlanTableView {
            rows_chosen: Vec::new(),
            source: (*name).to_owned(),
            target: (*name).to_owned(),
            rows: thousands * 1000,
            bytes: thousands * MB,
            chunks: *chunks,
            method: "key id".to_owned(),
            path: "conventional".to_owned(),
            path_reason: "the two ends speak different forms".to_owned(),
            fit: "exact".to_owned(),
            notes: Vec::new(),
            verdicts: "5 exact".to_owned(),
            columns: Vec::new(),
        })
        .collect();
    let checklist = vec![ChecklistView {
        kind: "materialized view".to_owned(),
        name: "crm.orders_mv".to_owned(),
        fate: "needs hands".to_owned(),
        reason: Some("MySQL has no materialized views".to_owned()),
        source_text: Some("SELECT 1".to_owned()),
    }];
    PlanView { findings, tables, checklist, steps: 131, blocked }
}

pub fn history() -> Reply {
    let run = |number, hours: i64, ended: Option<i64>, state: &str| RunView {
        number,
        started_ms: NOW_MS - hours * 3_600_000,
        ended_ms: ended.map(|h| NOW_MS - h * 3_600_000),
        by: "ana".to_owned(),
        end_state: state.to_owned(),
        rows: 98 * MB,
        bytes: 98_000 * MB,
        chunks: 980,
        failed: 1,
        skipped: 0,
    };
    Reply::History {
        runs: vec![run(1, 5, Some(3), "STOPPED"), run(2, 1, None, "EXECUTING")],
        events: vec![
            log(1, "ana (pts/3)", "threads 12 -> 16", "action"),
            log(433, "bo (pts/7)", "rate 40 MB/s -> none", "action"),
            log(2_145, "engine", "crm.orders #204 failed after 3 attempts", "error"),
        ]
        .into_iter()
        .rev()
        .collect(),
    }
}

/// The jobs of the drawing, and one that cannot be read.
pub fn jobs() -> Vec<JobRow> {
    // State, name, kind, ends, percent, failed, by, minutes.
    let lines = [
        ("EXECUTING", "crm-nov", "copy", "pg:crm@db1 my:crm@db7", 63, 7, "ana", 72),
        ("IDLING", "geo-refresh", "copy", "my:geo@db4 pg:geo@db9", 12, 0, "bo", 220),
        ("STOP PENDING", "geo-small", "copy", "my:geo@db4 pg:small@db9", 88, 0, "bo", 31),
        ("NOT RUNNING", "billing-t1", "copy", "my:billing@db2 pg:billing@db9", 41, 0, "ana", 122),
        ("DEFINING", "logs-2026", "copy", "pg:logs@db3 li:/data/logs.db", 0, 0, "", 0),
        ("COMPLETED", "crm-check", "verify", "pg:crm@db1 my:crm@db7", 100, 3, "ana", 1_500),
    ];
    let mut rows: Vec<JobRow> = lines
        .iter()
        .map(|(state, name, kind, ends, percent, failed, by, minutes)| {
            let mut view = job();
            let (source, target) = ends.split_once(' ').unwrap();
            (view.source, view.target) = (source.to_owned(), target.to_owned());
            (view.state, view.name) = ((*state).to_owned(), (*name).to_owned());
            view.kind = (*kind).to_owned();
            view.progress = progress();
            view.progress.percent = *percent;
            view.progress.chunks_failed = *failed;
            view.progress.chunks_skipped = if *percent == 63 { 2 } else { 0 };
            view.progress.eta_ms = (*state == "EXECUTING").then_some((39 * 60_000, 50 * 60_000));
            view.rate.bytes_per_s = if *state == "EXECUTING" { 71 * MB } else { 0 };
            view.started_ms = if *minutes == 0 { 0 } else { NOW_MS - minutes * 60_000 };
            view.now_ms = NOW_MS - 33 * 60_000;
            view.production = target.ends_with("@db7");
            view.target_label = None;
            JobRow {
                view,
                alive: matches!(*state, "EXECUTING" | "IDLING" | "STOP PENDING"),
                by: (*by).to_owned(),
                engine_pid: 4411,
                tables: 41,
                state_bytes: 38 * MB,
                last_line: (*state == "NOT RUNNING")
                    .then(|| "13:58:02 worker 3: write billing.invoice_lines #88".to_owned()),
                ..JobRow::default()
            }
        })
        .collect();
    rows.push(JobRow {
        view: JobView { name: "old".to_owned(), ..JobView::default() },
        trouble: Some("master.db was written by a newer tidegate".to_owned()),
        ..JobRow::default()
    });
    rows
}

/// Chunks done; indexes and keys are built.
pub fn completing() -> Snapshot {
    let mut shot = crm();
    shot.job.state = "COMPLETING".to_owned();
    shot.job.threads.index_run = 2;
    shot.job.progress.percent = 99;
    shot.job.progress.eta_ms = None;
    shot.job.phases[1] =
        PhaseView { name: "copy".to_owned(), done: 41, total: 41, ..PhaseView::default() };
    shot.job.phases[2].done = 20;
    shot.job.phases[2].running = 2;
    shot
}

/// The source suffers, and the ceiling is above the slider's cells.
pub fn pressed() -> Snapshot {
    let mut shot = crm();
    shot.job.threads.max = 64;
    shot.job.pressure = vec![
        "oldest snapshot 3h12m (limit 6h)".to_owned(),
        "! keeps 16 of 20 GB WAL".to_owned(),
        "replica lag 40 s".to_owned(),
    ];
    shot
}

/// Two causes, three rows.
pub fn rejects() -> Reply {
    let group = |cause: &str, rows, gone| RejectGroupView {
        cause: cause.to_owned(),
        rows,
        tables: 1,
        gone,
        last_ms: NOW_MS - 60_000,
    };
    let row = |id: i64, cause: &str, column: Option<&str>, message: &str| RejectView {
        id,
        table: 2,
        table_name: "crm.customers".to_owned(),
        chunk: 81,
        key: Some(vec![("id".to_owned(), (4_011_207 + id).to_string())]),
        column: column.map(ToOwned::to_owned),
        code: Some("1062".to_owned()),
        message: message.to_owned(),
        detail: Some("Target row id 2,118 has the same email.".to_owned()),
        cause: cause.to_owned(),
        row_bytes: 212,
        at_ms: NOW_MS - 60_000,
        ..RejectView::default()
    };
    let (unique, odd) = ("1062 Duplicate entry .. for key 'uq_email'", "1366 Incorrect value");
    Reply::Rejects {
        total: 3,
        groups: vec![group(unique, 2, false), group(odd, 1, false)],
        rows: vec![
            row(0, unique, Some("email"), "Duplicate entry 'a@b.c' for key 'uq_email'"),
            row(1, unique, Some("email"), "Duplicate entry 'c@d.e' for key 'uq_email'"),
            row(2, odd, Some("note"), "Incorrect string value: '\\xF0\\x9F' for column 'note'"),
        ],
    }
}

/// A job with very many tables.
pub fn many(tables: usize) -> Snapshot {
    let mut shot = crm();
    shot.tables = (0..tables)
        .map(|i| {
            let mut view = table(i, &TABLES[i % TABLES.len()]);
            view.name = format!("s{}.t{i}", i % 17);
            view
        })
        .collect();
    shot
}
