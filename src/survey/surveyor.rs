//! The looks at one database: who answers, what is there, how many rows.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Tell, Trouble};
use crate::config::password_for;
use crate::core::chunk::{CHUNK_BYTES_DEFAULT, parts_of};
use crate::core::fault::{Fault, FaultKind, Side};
use crate::core::name::{Dialect, ObjectName};
use crate::core::spec::{Endpoint, JobSpec, Secret};
use crate::driver::look::{Listed, Look, open_look};
use crate::driver::url::Access;
use crate::engine::Passwords;
use crate::protocol::survey::{
    ProbeView, SchemaView, SurveyAnswer, SurveyEnd, SurveyNews, SurveyRequest, SurveyTable,
};

/// Reads a URL or the name of a connection.
pub type EndRead = dyn Fn(&str, Side) -> Result<(Endpoint, Option<Secret>), Trouble> + Send + Sync;

/// Reads the text of a job file.
pub type DraftRead = dyn Fn(&str) -> Result<(JobSpec, Passwords), Trouble> + Send + Sync;

/// How texts are read: as the commands read theirs.
pub struct Readers {
    pub end: Box<EndRead>,
    pub draft: Box<DraftRead>,
}

/// Answers questions about databases.
pub struct Surveyor {
    pub(super) readers: Readers,
}

/// What sessions of a survey are called on servers.
const SESSIONS: &str = "survey";

/// Rows without a key above which a person is told how they will be read.
const SMALL_BYTES: u64 = CHUNK_BYTES_DEFAULT;

impl Surveyor {
    #[must_use]
    pub fn new(readers: Readers) -> Surveyor {
        Surveyor { readers }
    }

    /// Answers a request; `tell` hears what there is to say before.
    ///
    /// # Errors
    /// Why there is no answer.
    pub async fn answer(
        &self,
        request: SurveyRequest,
        tell: &Tell,
    ) -> Result<SurveyAnswer, Trouble> {
        use SurveyRequest as R;
        match request {
            R::Probe { end, is_target } => {
                let side = if is_target { Side::Target } else { Side::Source };
                self.probe(&end, side).await.map(SurveyAnswer::Probe)
            }
            R::Tables { source, target } => {
                let schemas = self.tables(&source, Some(&target)).await?;
                Ok(SurveyAnswer::Tables { schemas })
            }
            R::Count { source, tables } => self.count(&source, &tables, tell).await,
            R::Columns { draft, table } => self.columns(&draft, &table).await,
            R::CheckFilter { source, table, filter } => {
                self.check_filter(&source, &table, &filter).await.map(SurveyAnswer::Check)
            }
            R::CheckExpression { source, table, column, expression } => {
                let place = (table.as_str(), column.as_str());
                let check = self.check_expression(&source, place, &expression).await?;
                Ok(SurveyAnswer::Check(check))
            }
            R::Ddl { draft, table } => self.ddl(&draft, &table, tell).await,
            R::CheckDdl { draft, table, ddl } => {
                self.check_ddl(&draft, &table, &ddl).await.map(SurveyAnswer::Check)
            }
            R::Preflight { draft } => self.preflight(&draft, tell).await,
            R::Conform { target, statements } => self.conform(&target, &statements).await,
            R::Cancel { .. } => Ok(SurveyAnswer::Cancelled),
        }
    }

    /// A database with its password, wherever that is.
    pub(super) async fn access(
        &self,
        endpoint: Endpoint,
        typed: Option<Secret>,
        side: Side,
    ) -> Result<Access, Trouble> {
        let password = match typed {
            Some(secret) => Some(secret),
            None => {
                // It may be a command that asks a person to touch a key.
                let place = endpoint.clone();
                let found = tokio::task::spawn_blocking(move || password_for(&place)).await;
                let broken = |why: String| {
                    let what = format!("no password: {why}");
                    Trouble::from(Fault::new(FaultKind::LoginRefused, side, what))
                };
                found.map_err(|e| broken(e.to_string()))?.map_err(|e| broken(e.to_string()))?
            }
        };
        Ok(Access { endpoint, password, side, job_id: SESSIONS.to_owned() })
    }

    pub(super) async fn open(
        &self,
        end: &SurveyEnd,
        side: Side,
    ) -> Result<(Arc<dyn Look>, Dialect), Trouble> {
        let (endpoint, in_url) = (self.readers.end)(&end.url, side)?;
        let typed = end.password.clone().map(Secret::new).or(in_url);
        let dialect = endpoint.dialect;
        Ok((open_look(self.access(endpoint, typed, side).await?)?, dialect))
    }

    /// Who answers there.
    ///
    /// # Errors
    /// As the server says.
    pub async fn probe(&self, end: &SurveyEnd, side: Side) -> Result<ProbeView, Trouble> {
        let (look, _) = self.open(end, side).await?;
        let found = look.facts().await?;
        let round_trip_ms = u64::try_from(found.round_trip.as_millis()).unwrap_or(u64::MAX);
        Ok(ProbeView {
            server: found.name,
            round_trip_ms,
            facts: found.facts,
            warnings: found.warnings,
        })
    }

    /// Every schema and table; with a target, what cannot be copied there.
    ///
    /// # Errors
    /// As the server says.
    pub async fn tables(
        &self,
        source: &SurveyEnd,
        target: Option<&SurveyEnd>,
    ) -> Result<Vec<SchemaView>, Trouble> {
        let (look, from) = self.open(source, Side::Source).await?;
        // Only its kind matters here, and a target that cannot be read has a page of its own.
        let to = target.and_then(|end| (self.readers.end)(&end.url, Side::Target).ok());
        let to = to.map_or(from, |(endpoint, _)| endpoint.dialect);
        let mut schemas: BTreeMap<String, Vec<SurveyTable>> = BTreeMap::new();
        for listed in look.list().await? {
            let tables = schemas.entry(listed.name.schema.clone()).or_default();
            tables.push(survey_table(listed, from, to));
        }
        Ok(schemas.into_iter().map(|(name, tables)| SchemaView { name, tables }).collect())
    }

    async fn count(
        &self,
        source: &SurveyEnd,
        tables: &[String],
        tell: &Tell,
    ) -> Result<SurveyAnswer, Trouble> {
        let (look, _) = self.open(source, Side::Source).await?;
        let mut counted = 0;
        for table in tables {
            let rows = self.count_one(look.as_ref(), table).await?;
            counted += 1;
            tell(SurveyNews::Counted { table: table.clone(), rows });
        }
        Ok(SurveyAnswer::Counted { tables: counted })
    }

    /// Rows of one table, counted.
    ///
    /// # Errors
    /// As the server says.
    pub async fn count_rows(&self, source: &SurveyEnd, table: &ObjectName) -> Result<u64, Trouble> {
        let (look, _) = self.open(source, Side::Source).await?;
        let counted = look.count(table).await;
        counted.map_err(|fault| fault.while_doing(&format!("count {table}")).into())
    }

    async fn count_one(&self, look: &dyn Look, table: &str) -> Result<u64, Trouble> {
        let name = resolve(look, table).await?;
        let counted = look.count(&name).await;
        counted.map_err(|fault| fault.while_doing(&format!("count {table}")).into())
    }

    async fn conform(
        &self,
        target: &SurveyEnd,
        statements: &[String],
    ) -> Result<SurveyAnswer, Trouble> {
        let (look, _) = self.open(target, Side::Target).await?;
        let (done, fault) = look.conform(statements).await?;
        let failed = fault.map(|fault| match &fault.hint {
            Some(hint) => format!("{fault}. {hint}"),
            None => fault.to_string(),
        });
        Ok(SurveyAnswer::Conformed { done, failed })
    }
}

/// The table that a text names. A name that holds dots itself is looked for among all.
pub(super) async fn resolve(look: &dyn Look, text: &str) -> Result<ObjectName, Trouble> {
    if let (1, Some((schema, name))) = (text.matches('.').count(), text.split_once('.')) {
        return Ok(ObjectName::new(schema, name));
    }
    let all = look.list().await?;
    let found = all.into_iter().map(|listed| listed.name);
    let mut alike = found.filter(|name| name.to_string() == text || name.name == text);
    match (alike.next(), alike.next()) {
        (Some(only), None) => Ok(only),
        (Some(_), Some(_)) => Err(Trouble::usage(format!("there are several tables {text}"))
            .with_hint("Name its schema too: schema.table.")),
        (None, _) => Err(Trouble::usage(format!("there is no table {text}"))),
    }
}

fn survey_table(listed: Listed, from: Dialect, to: Dialect) -> SurveyTable {
    let obstacle = obstacle(&listed.kind, from, to);
    let bytes = listed.bytes.unwrap_or(0);
    let note = match (listed.note.is_empty(), listed.key.is_empty()) {
        (false, _) => listed.note,
        (true, _) if obstacle.is_some() || listed.kind == "view" => listed.kind.clone(),
        // The other two cut a table without a key by where its rows lie.
        (true, true) if from == Dialect::Mysql => "1 thread".to_owned(),
        (true, _) if bytes > SMALL_BYTES => {
            format!("{} parts", parts_of(bytes, CHUNK_BYTES_DEFAULT))
        }
        _ => String::new(),
    };
    SurveyTable {
        name: listed.name.name,
        kind: listed.kind,
        rows: listed.rows,
        bytes: listed.bytes,
        exact: false,
        key: listed.key.join(","),
        obstacle,
        note,
    }
}

/// Why something cannot be copied as it is.
fn obstacle(kind: &str, from: Dialect, to: Dialect) -> Option<String> {
    let twin = to.word();
    match kind {
        "materialized view" if to != Dialect::Postgres => {
            Some(format!("{twin} has no materialized views; it is left out"))
        }
        "virtual table" if to != Dialect::Sqlite => {
            Some(format!("{twin} has no virtual tables; it is left out"))
        }
        "foreign table" if from == to => {
            Some("its rows live elsewhere; only its definition is copied".to_owned())
        }
        "foreign table" => Some("its rows live elsewhere; it is left out".to_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_twin_is_an_obstacle() {
        use Dialect::{Mysql, Postgres, Sqlite};
        for (kind, from, to, is_one) in [
            ("table", Postgres, Mysql, false),
            ("view", Postgres, Mysql, false),
            ("materialized view", Postgres, Mysql, true),
            ("materialized view", Postgres, Postgres, false),
            ("virtual table", Sqlite, Postgres, true),
            ("foreign table", Postgres, Postgres, true),
        ] {
            assert_eq!(obstacle(kind, from, to).is_some(), is_one, "{kind} {from:?} {to:?}");
        }
    }
}
