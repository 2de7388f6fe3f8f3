//! Small catalogues for the plan's own tests.

use super::super::catalog::{Catalog, Column, LogicalType, Server, Table, TableEstimate};
use super::super::chunk::ChunkMethod;
use super::super::name::{Dialect, JobName, ObjectName};
use super::super::spec::{Endpoint, JobSpec};
use super::{CopyFormat, DataPath, Existing, MigrationPlan, RowChoice, TablePlan};

pub fn server(dialect: Dialect) -> Server {
    Server {
        dialect,
        version_text: "15.1".to_owned(),
        version_num: 150_001,
        database: "d".to_owned(),
        encoding: "UTF8".to_owned(),
        identity: None,
        superuser: true,
        connections_free: None,
        mariadb: false,
    }
}

pub fn column(name: &str, declared: &str, logical: LogicalType) -> Column {
    Column::new(name.to_owned(), declared.to_owned(), logical)
}

pub fn table(name: &str) -> Table {
    let (schema, name) = name.split_once('.').expect("schema.name");
    Table {
        estimate: TableEstimate { rows: 10, bytes: 8192, pages: 1 },
        ..Table::new(
            ObjectName::new(schema, name),
            vec![column("id", "bigint", LogicalType::Int { bits: 64, unsigned: false })],
        )
    }
}

pub fn catalog(names: &[&str]) -> Catalog {
    let mut schemas: Vec<String> =
        names.iter().map(|n| n.split('.').next().unwrap_or_default().to_owned()).collect();
    schemas.dedup();
    Catalog {
        server: server(Dialect::Postgres),
        schemas,
        tables: names.iter().map(|n| table(n)).collect(),
        sequences: Vec::new(),
        others: Vec::new(),
        large_objects: 0,
    }
}

pub fn spec(source: Dialect, target: Dialect) -> JobSpec {
    let endpoint = |dialect| Endpoint {
        dialect,
        url: String::new(),
        connection: None,
        label: None,
        production: false,
    };
    let name = JobName::parse("test").expect("lawful");
    JobSpec::new(name, endpoint(source), endpoint(target))
}

/// A table as it is planned when nothing is known of it.
pub fn planned(name: &str) -> TablePlan {
    let (schema, name) = name.split_once('.').expect("schema.name");
    let name = ObjectName::new(schema, name);
    TablePlan {
        source: name.clone(),
        target: name,
        columns: Vec::new(),
        path: DataPath::DirectCopy(CopyFormat::Binary),
        path_reason: String::new(),
        method: ChunkMethod::Whole,
        chunks: Vec::new(),
        estimate: TableEstimate::default(),
        target_unlogged: false,
        existing: Existing::Created,
        overrides_identity: false,
        key: Vec::new(),
        rows: RowChoice::default(),
    }
}

/// A plan of nothing.
pub fn plan(from: Dialect, to: Dialect) -> MigrationPlan {
    MigrationPlan {
        source_dialect: from,
        target_dialect: to,
        ddl_preamble: Vec::new(),
        tables: Vec::new(),
        steps: Vec::new(),
        findings: Vec::new(),
        checklist: Vec::new(),
    }
}
