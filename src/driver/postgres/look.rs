//! Looking at a database before there is a job.

use std::sync::Arc;
use std::time::Instant;

use async_trait::async_trait;
use sqlx::postgres::{PgConnection, PgDatabaseError, PgErrorPosition, PgRow};
use sqlx::{AssertSqlSafe, Executor};

use super::catalog;
use super::connect::{Link, Purpose};
use crate::core::fault::{Fault, FaultKind};
use crate::core::name::{Dialect, ObjectName};
use crate::core::sql::{literal, qualified, quote, statements};
use crate::driver::look::{
    Explained, Facts, LOCK_LIMIT, Listed, Look, Made, Refused, STATEMENT_LIMIT, Shown, Tried,
    VALUES_SHOWN, refused,
};

/// A table of this name is there.
const DUPLICATE_TABLE: &str = "42P07";

/// What a hand-written definition may begin with: anything else could end the transaction.
const MAKING: [&str; 3] = ["create", "alter", "comment"];

pub(super) struct PostgresLook {
    link: Link,
}

pub(super) fn open(link: Link) -> Arc<dyn Look> {
    Arc::new(PostgresLook { link })
}

impl PostgresLook {
    /// A session in a transaction that reads, or that is rolled back; every statement has a limit.
    async fn session(&self, mode: &str) -> Result<PgConnection, Fault> {
        let mut connection = self.link.connect(Purpose::Read).await?;
        let begin = format!(
            "BEGIN {mode}; SET LOCAL statement_timeout = {}; SET LOCAL lock_timeout = {}",
            STATEMENT_LIMIT.as_millis(),
            LOCK_LIMIT.as_millis()
        );
        self.link.statement(&mut connection, begin).await?;
        Ok(connection)
    }

    /// Rows of a statement that holds a text of the operator's from byte `from` on.
    async fn try_rows(
        &self,
        on: &mut PgConnection,
        statement: &str,
        from: usize,
    ) -> Result<Vec<PgRow>, (Fault, Option<usize>)> {
        let query = sqlx::query(AssertSqlSafe(statement.to_owned())).persistent(false);
        let rows = query.fetch_all(on).await;
        rows.map_err(|error| (self.link.fault(&error), place(&error, statement, from)))
    }
}

/// Where the server points to, as a byte of the text that begins at byte `from`.
fn place(error: &sqlx::Error, statement: &str, from: usize) -> Option<usize> {
    let server = error.as_database_error()?.try_downcast_ref::<PgDatabaseError>()?;
    let Some(PgErrorPosition::Original(character)) = server.position() else { return None };
    let at = statement.char_indices().nth(character.checked_sub(1)?).map(|(at, _)| at);
    at.unwrap_or(statement.len()).checked_sub(from)
}

#[async_trait]
impl Look for PostgresLook {
    async fn facts(&self) -> Result<Facts, Fault> {
        let link = &self.link;
        let mut connection = self.session("READ ONLY").await?;
        let on = &mut connection;
        let server = catalog::server(link, on).await?;
        let asked = Instant::now();
        link.statement(on, "SELECT 1".to_owned()).await?;
        let round_trip = asked.elapsed();
        let text = include_str!("../../../assets/sql/postgres/facts.sql");
        let rows = link.rows(on, text.to_owned()).await?;
        let odd = || Fault::new(FaultKind::Other, link.side, "the server said nothing of itself");
        let row = rows.first().ok_or_else(odd)?;
        let standby: bool = link.get(row, "standby")?;
        let read_only = standby || link.get::<bool>(row, "read_only")?;
        let (mut facts, mut warnings) = (Vec::new(), Vec::new());
        if standby {
            facts.push("a standby, read only".to_owned());
        } else if read_only {
            facts.push("read only".to_owned());
        }
        let all: i64 = link.get(row, "connections")?;
        if let Some(free) = server.connections_free {
            facts.push(format!("{free} of {all} connections free"));
            if free < 5 {
                warnings.push(format!("only {free} connections are free"));
            }
        }
        facts.push(format!("user {}", link.get::<String>(row, "person")?));
        facts.push(match link.get::<Option<String>>(row, "tls")? {
            Some(version) => version,
            None => "no TLS".to_owned(),
        });
        facts.push(format!("encoding {}", server.encoding));
        facts.push(format!("wal_level {}", link.get::<String>(row, "wal_level")?));
        let writes = link.side == crate::core::fault::Side::Target;
        if writes && read_only {
            warnings.push("it takes no writes".to_owned());
        } else if writes && !link.get::<bool>(row, "may_create")? {
            let what = "this user may not create schemas in the database: the tables' schemas must \
                        be there, and be open to it";
            warnings.push(what.to_owned());
        }
        let name = server.version_text.split_whitespace().next().unwrap_or_default();
        let name = format!("PostgreSQL {name}");
        Ok(Facts { server, name, round_trip, facts, warnings })
    }

    async fn list(&self) -> Result<Vec<Listed>, Fault> {
        let link = &self.link;
        let mut connection = self.session("READ ONLY").await?;
        let text = include_str!("../../../assets/sql/postgres/list.sql");
        let rows = link.rows(&mut connection, text.to_owned()).await?;
        rows.iter().map(|row| listed(link, row)).collect()
    }

    async fn count(&self, table: &ObjectName) -> Result<u64, Fault> {
        let mut connection = self.link.connect(Purpose::Read).await?;
        let begin = "BEGIN READ ONLY; SET LOCAL max_parallel_workers_per_gather = 2".to_owned();
        self.link.statement(&mut connection, begin).await?;
        let text = format!(
            "SELECT pg_catalog.count(*)::int8 AS n FROM {}",
            qualified(Dialect::Postgres, table)
        );
        let rows = self.link.rows(&mut connection, text).await?;
        let count: i64 = rows.first().map_or(Ok(0), |row| self.link.get(row, "n"))?;
        Ok(u64::try_from(count).unwrap_or(0))
    }

    async fn explain(&self, table: &ObjectName, filter: &str) -> Result<Tried<Explained>, Fault> {
        let mut on = self.session("READ ONLY").await?;
        let name = qualified(Dialect::Postgres, table);
        let all = format!("EXPLAIN (FORMAT JSON) SELECT 1 FROM {name}");
        let total = self.link.rows(&mut on, all.clone()).await?;
        let head = format!("{all} WHERE (\n");
        let statement = format!("{head}{filter}\n)");
        match self.try_rows(&mut on, &statement, head.len()).await {
            Ok(rows) => {
                let plan = plan_text(&rows);
                Ok(Tried::Valid(Explained {
                    rows: number_of(&plan, "Plan Rows"),
                    total: number_of(&plan_text(&total), "Plan Rows"),
                    cost: match text_of(&plan, "Index Name") {
                        Some(index) => format!("uses index {index}"),
                        None => "reads the whole table".to_owned(),
                    },
                }))
            }
            Err((fault, at)) => refused(fault, at, filter),
        }
    }

    async fn try_expression(
        &self,
        table: &ObjectName,
        declared: &str,
        expression: &str,
    ) -> Result<Tried<Shown>, Fault> {
        let mut on = self.session("READ ONLY").await?;
        let head = "SELECT pg_catalog.pg_typeof(s.x)::text AS kind, s.y AS value, s.r AS found \
                    FROM (VALUES (1)) AS one LEFT JOIN LATERAL (SELECT (\n";
        let statement = format!(
            "{head}{expression}\n) AS x, ((\n{expression}\n)::{declared})::text AS y, 1 AS r \
             FROM {} LIMIT {VALUES_SHOWN}) AS s ON true",
            qualified(Dialect::Postgres, table)
        );
        match self.try_rows(&mut on, &statement, head.len()).await {
            Ok(rows) => {
                let mut shown = Shown::default();
                for row in &rows {
                    shown.of_type = Some(self.link.get(row, "kind")?);
                    if self.link.get::<Option<i32>>(row, "found")?.is_some() {
                        shown.values.push(self.link.get(row, "value")?);
                    }
                }
                Ok(Tried::Valid(shown))
            }
            Err((fault, at)) => refused(fault, at, expression),
        }
    }

    async fn try_table(&self, table: &ObjectName, ddl: &str) -> Result<Tried<Made>, Fault> {
        let link = &self.link;
        let mut on = self.session("READ WRITE").await?;
        let schema = quote(Dialect::Postgres, &table.schema);
        let place = format!("CREATE SCHEMA IF NOT EXISTS {schema}");
        let have = format!(
            "SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = {}",
            literal(Dialect::Postgres, &table.schema)
        );
        if link.rows(&mut on, have).await?.is_empty()
            && let Err(fault) = link.statement(&mut on, place).await
        {
            return refused(fault, None, ddl);
        }
        for (from, statement) in statements(Dialect::Postgres, ddl) {
            let verb = statement.split_whitespace().next().unwrap_or_default();
            if !MAKING.iter().any(|known| verb.eq_ignore_ascii_case(known)) {
                let message = format!("{verb} has no place here: the text makes one table");
                return Ok(Tried::Refused(Refused { message, at: Some(from) }));
            }
            // One statement a message: nothing in it can end the transaction.
            let query = sqlx::query(AssertSqlSafe(statement.to_owned())).persistent(false);
            let Err(error) = on.execute(query).await else { continue };
            let fault = link.fault(&error);
            if fault.code.as_deref() == Some(DUPLICATE_TABLE) {
                let note = format!(
                    "{table} is there already: types and syntax were checked, the table was not \
                     made for the trial"
                );
                return Ok(Tried::Valid(Made { columns: None, notes: vec![note] }));
            }
            let at = self::place(&error, statement, 0).map(|at| from + at);
            return refused(fault, at, ddl);
        }
        let asked = format!(
            "SELECT a.attname::text AS name, \
             pg_catalog.format_type(a.atttypid, a.atttypmod) AS declared \
             FROM pg_catalog.pg_attribute a WHERE a.attrelid = pg_catalog.to_regclass({}) \
             AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum",
            literal(Dialect::Postgres, &qualified(Dialect::Postgres, table))
        );
        let rows = link.rows(&mut on, asked).await?;
        if rows.is_empty() {
            let message = format!("the statement is lawful, but it does not make {table}");
            return Ok(Tried::Refused(Refused { message, at: None }));
        }
        let columns =
            rows.iter().map(|row| Ok((link.get(row, "name")?, link.get(row, "declared")?)));
        let columns: Vec<(String, String)> = columns.collect::<Result<_, Fault>>()?;
        link.statement(&mut on, "ROLLBACK".to_owned()).await?;
        Ok(Tried::Valid(Made { columns: Some(columns), notes: Vec::new() }))
    }

    async fn conform(&self, statements: &[String]) -> Result<(u32, Option<Fault>), Fault> {
        let mut on = self.link.connect(Purpose::Write).await?;
        // As an ordinary session: CREATE EXTENSION looks for a schema to be in.
        self.link.statement(&mut on, "RESET search_path".to_owned()).await?;
        let mut done = 0;
        for statement in statements {
            if let Err(fault) = self.link.statement(&mut on, statement.clone()).await {
                return Ok((done, Some(fault)));
            }
            done += 1;
        }
        Ok((done, None))
    }
}

fn listed(link: &Link, row: &PgRow) -> Result<Listed, Fault> {
    let schema: String = link.get(row, "schema")?;
    let count = |name| {
        let value: Option<i64> = link.get(row, name)?;
        Ok::<_, Fault>(value.map(|n| u64::try_from(n).unwrap_or(0)))
    };
    let kind = match link.get::<String>(row, "kind")?.as_str() {
        "r" => "table",
        "p" => "partitioned table",
        "f" => "foreign table",
        "m" => "materialized view",
        _ => "view",
    };
    let note = match (link.get::<bool>(row, "is_partition")?, link.get::<bool>(row, "unlogged")?) {
        (true, _) => "partition",
        (_, true) => "unlogged",
        _ => "",
    };
    Ok(Listed {
        name: ObjectName::new(schema, link.get::<String>(row, "name")?),
        kind: kind.to_owned(),
        rows: count("rows")?,
        bytes: count("bytes")?,
        key: link.get::<Option<Vec<String>>>(row, "key")?.unwrap_or_default(),
        note: note.to_owned(),
    })
}

fn plan_text(rows: &[PgRow]) -> String {
    use sqlx::Row as _;
    let raw = rows.first().and_then(|row| row.try_get_raw(0).ok());
    let text = raw.and_then(|raw| raw.as_str().ok().map(str::to_owned));
    text.unwrap_or_default()
}

/// The first value of a key of EXPLAIN's JSON: its outermost node.
fn number_of(plan: &str, key: &str) -> Option<u64> {
    let rest = plan.split_once(&format!("\"{key}\": "))?.1;
    rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

fn text_of(plan: &str, key: &str) -> Option<String> {
    let rest = plan.split_once(&format!("\"{key}\": \""))?.1;
    Some(rest.split('"').next()?.to_owned())
}
