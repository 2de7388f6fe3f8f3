//! A server with databases, and tables as chunks to read.

use std::process::{Command, Stdio};
use std::sync::Arc;

use crate::core::catalog::{Catalog, Table};
use crate::core::chunk::{ChunkMethod, ChunkRange};
use crate::core::fault::{Fault, Side};
use crate::core::mapping::{Fit, Transform};
use crate::core::name::Dialect;
use crate::core::plan::{ColumnPlan, DataPath, Existing, TablePlan};
use crate::core::spec::{Endpoint, Selection};
use crate::core::value::RowBatch;
use crate::driver::mysql::target::server::{PASSWORD, Server};
use crate::driver::pipe::{Unlimited, WorkGauge, pipe};
use crate::driver::url::{Access, Secret};
use crate::driver::{Block, ChunkTask, LedgerKey, Source, SourceSession};

pub struct Yard {
    /// `None`: a server that was there.
    pub server: Option<Server>,
    socket: String,
}

impl Yard {
    pub fn new() -> Yard {
        match std::env::var("TIDEGATE_TEST_MYSQL_SOCKET") {
            Ok(socket) => Yard { server: None, socket },
            Err(_) => Yard::private(&[]),
        }
    }

    pub fn private(options: &[&str]) -> Yard {
        let server = Server::with(options);
        let socket = server.socket();
        Yard { server: Some(server), socket }
    }

    /// Runs SQL as root and returns what it prints.
    #[track_caller]
    pub fn sql(&self, text: &str) -> String {
        let mut command = Command::new("mariadb");
        command.args(["--no-defaults", "--default-character-set=utf8mb4", "-uroot", "-N", "-B"]);
        command.args(["-S", &self.socket, "-e", text]);
        command.stdin(Stdio::null());
        let output = command.output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{text}: {said}");
        String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
    }

    /// Root's access over the socket.
    pub fn access(&self, database: &str) -> Access {
        let socket = self.socket.replace('/', "%2F");
        self.access_at(&format!("mysql://root@localhost:3306/{database}?socket={socket}"), None)
    }

    pub fn access_at(&self, url: &str, password: Option<&str>) -> Access {
        Access {
            endpoint: Endpoint {
                dialect: Dialect::Mysql,
                url: url.to_owned(),
                connection: None,
                label: None,
                production: false,
            },
            password: password.map(|p| Secret::new(p.to_owned())),
            side: Side::Source,
            job_id: "yard".to_owned(),
        }
    }

    /// Over TCP, with the password of [`Server`].
    pub fn keeper(&self, user: &str, database: &str) -> Access {
        let port = self.server.as_ref().expect("a private server").port;
        self.access_at(&format!("mysql://{user}@127.0.0.1:{port}/{database}"), Some(PASSWORD))
    }

    pub fn source(&self, database: &str) -> Arc<dyn Source> {
        super::super::source(&self.access(database)).unwrap()
    }

    pub async fn catalog(&self, database: &str) -> Catalog {
        self.source(database).inspect(&Selection::default()).await.unwrap()
    }
}

pub fn table<'a>(catalog: &'a Catalog, name: &str) -> &'a Table {
    let found = catalog.tables.iter().find(|t| t.name.name == name);
    found.unwrap_or_else(|| panic!("no table {name}"))
}

/// The chunk of `table` that `range` says.
pub fn chunk(table: &Table, method: ChunkMethod, range: ChunkRange) -> ChunkTask {
    let columns = table.stored_columns().map(|column| ColumnPlan {
        name: column.name.clone(),
        target_name: column.name.clone(),
        source_declared: column.declared.clone(),
        source_logical: column.logical.clone(),
        target_declared: column.declared.clone(),
        target_logical: column.logical.clone(),
        fit: Fit::Exact,
        reason: String::new(),
        transform: Transform::default(),
        rule: None,
        expression: None,
    });
    let plan = TablePlan {
        source: table.name.clone(),
        target: table.name.clone(),
        columns: columns.collect(),
        path: DataPath::Conventional,
        path_reason: String::new(),
        method,
        chunks: Vec::new(),
        estimate: table.estimate,
        target_unlogged: false,
        existing: Existing::Created,
        overrides_identity: false,
        key: Vec::new(),
        rows: crate::core::plan::RowChoice::default(),
    };
    ChunkTask { table: Arc::new(plan), range, key: LedgerKey::Chunk(0) }
}

pub fn whole(table: &Table) -> ChunkTask {
    chunk(table, ChunkMethod::Whole, ChunkRange::Whole)
}

/// All rows of a chunk.
pub async fn read(
    session: &mut Box<dyn SourceSession>,
    task: &ChunkTask,
) -> Result<Vec<RowBatch>, Fault> {
    let (sink, mut blocks) = pipe(Arc::new(Unlimited), Arc::new(WorkGauge::default()));
    let gather = async {
        let mut batches = Vec::new();
        while let Some(block) = blocks.next().await {
            match block {
                Block::Rows(batch) => batches.push(batch),
                Block::Raw { .. } => panic!("MySQL sends rows"),
            }
        }
        (batches, blocks.rows_announced())
    };
    let (outcome, (batches, announced)) = tokio::join!(session.read(task, sink), gather);
    let rows = outcome?;
    assert_eq!(announced, Some(rows));
    assert_eq!(batches.iter().map(RowBatch::rows).sum::<usize>() as u64, rows);
    Ok(batches)
}

pub async fn count(session: &mut Box<dyn SourceSession>, task: &ChunkTask) -> u64 {
    read(session, task).await.unwrap().iter().map(RowBatch::rows).sum::<usize>() as u64
}
