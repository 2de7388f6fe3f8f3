//! Statements of a step. DDL commits by itself, so a step with DDL cannot be one transaction.
//!
//! Such a step has a row of kind `i` in the ledger, whose count says how far it is: `2n`, the
//! first n statements are done and no other has begun; `2n + 1`, statement n (from 0) has begun
//! and its end was not seen. Whoever finds the row later leaves out what is done, and only for
//! the one statement in doubt does "already exists" or "does not exist" mean that it was done.
//! An answer of the server, good or bad, ends the doubt.
//!
//! A statement that changes rows goes with its mark in one transaction.

use super::ledger::Ledger;
use super::link::Line;
use super::session::Claim;
use super::settings;
use crate::core::fault::{Fault, FaultKind};
use crate::core::sql::NO_ROW_MAY_ANSWER;
use crate::driver::{LedgerKey, StepTask, Written};

/// A parent that was to go while its children were still there.
const REFERENCED: [&str; 2] = ["1451", "3730"];

/// The server cuts long notes: then they no longer tell one round from the next.
const NOTE_CUT_AT: usize = 480;

/// How a statement ends a transaction, by its first word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Nature {
    /// Changes rows: part of a transaction.
    Rows,
    /// Changes the session: to be done again in each session.
    Session,
    /// Changes nothing: a row in the answer fails the step.
    Question,
    /// Commits by itself, or nobody knows.
    Definition,
}

fn first_word(statement: &str) -> String {
    let text = statement.trim_start_matches(|c: char| c.is_whitespace() || c == '(' || c == ';');
    text.chars().take_while(char::is_ascii_alphabetic).collect::<String>().to_ascii_uppercase()
}

fn nature(statement: &str) -> Nature {
    if statement.starts_with(NO_ROW_MAY_ANSWER) {
        return Nature::Question;
    }
    match first_word(statement).as_str() {
        "INSERT" | "UPDATE" | "DELETE" | "REPLACE" | "SELECT" | "WITH" | "DO" => Nature::Rows,
        "SET" | "USE" => Nature::Session,
        _ => Nature::Definition,
    }
}

/// Runs a step once.
pub(super) async fn run(
    line: &mut Line,
    ledger: &Ledger,
    step: &StepTask,
) -> Result<Written, Fault> {
    let defines = step.statements.iter().any(|text| nature(text) == Nature::Definition);
    let changes_session = step.statements.iter().any(|text| nature(text) == Nature::Session);
    let done = if defines {
        define(line, ledger, step).await
    } else {
        in_one_transaction(line, ledger, step).await
    };
    if changes_session {
        // The next piece of work finds the session as we want it.
        for statement in ["SET NAMES utf8mb4".to_owned(), settings::for_steps()] {
            line.statement(statement).await.ok();
        }
    }
    done
}

async fn in_one_transaction(
    line: &mut Line,
    ledger: &Ledger,
    step: &StepTask,
) -> Result<Written, Fault> {
    if let Claim::AlreadyDone(before) = Claim::open(line, ledger, step.key).await? {
        return Ok(before);
    }
    for statement in &step.statements {
        line.statement(statement.clone()).await?;
    }
    Claim::close(line, ledger, step.key, 0).await
}

/// Where a step stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Progress {
    done: u64,
    in_doubt: bool,
}

impl Progress {
    fn from_stored(count: u64) -> Progress {
        Progress { done: count / 2, in_doubt: count % 2 == 1 }
    }

    fn stored(self) -> u64 {
        self.done * 2 + u64::from(self.in_doubt)
    }
}

/// The row of kind `i` of a step.
struct Mark<'a> {
    table: &'a str,
    id: u32,
}

impl Mark<'_> {
    async fn read(&self, line: &mut Line) -> Result<Option<Progress>, Fault> {
        let Mark { table, id } = self;
        let count = line
            .number(format!("SELECT row_count FROM {table} WHERE kind = 'i' AND id = {id}"))
            .await?;
        Ok(count.map(Progress::from_stored))
    }

    async fn write(&self, line: &mut Line, progress: Progress) -> Result<(), Fault> {
        let Mark { table, id } = self;
        let count = progress.stored();
        line.statement(format!(
            "INSERT INTO {table} (kind, id, row_count) VALUES ('i', {id}, {count}) \
             ON DUPLICATE KEY UPDATE row_count = {count}"
        ))
        .await?;
        Ok(())
    }
}

async fn define(line: &mut Line, ledger: &Ledger, step: &StepTask) -> Result<Written, Fault> {
    let id = match step.key {
        LedgerKey::Step(id) | LedgerKey::Chunk(id) => id,
    };
    let mark = Mark { table: &ledger.table, id };
    // Whether it was done is asked by claiming it; the claim itself is made at the end.
    match Claim::open(line, ledger, step.key).await? {
        Claim::AlreadyDone(before) => return Ok(before),
        Claim::Ours => line.statement("ROLLBACK").await?,
    };
    let found = mark.read(line).await?.unwrap_or(Progress { done: 0, in_doubt: false });
    for (number, statement) in (0u64..).zip(&step.statements) {
        let in_doubt = found.in_doubt && found.done == number;
        match nature(statement) {
            Nature::Session => {
                line.statement(statement.clone()).await?;
            }
            _ if number < found.done => {}
            Nature::Question => no_row_answers(line, statement).await?,
            Nature::Rows => {
                line.statement("START TRANSACTION").await?;
                line.statement(statement.clone()).await?;
                mark.write(line, Progress { done: number + 1, in_doubt: false }).await?;
                line.statement("COMMIT").await?;
            }
            Nature::Definition => {
                mark.write(line, Progress { done: number, in_doubt: true }).await?;
                definition(line, &mark, statement, Doubt { number, in_doubt }).await?;
            }
        }
    }
    if let Claim::AlreadyDone(before) = Claim::open(line, ledger, step.key).await? {
        return Ok(before);
    }
    line.statement(format!("DELETE FROM {} WHERE kind = 'i' AND id = {id}", ledger.table)).await?;
    Claim::close(line, ledger, step.key, 0).await
}

/// Rows that refer to nothing must not be hidden by a key that is added without a look.
async fn no_row_answers(line: &mut Line, question: &str) -> Result<(), Fault> {
    if line.one(question.to_owned()).await?.is_none() {
        return Ok(());
    }
    let query = question.trim_start_matches(NO_ROW_MAY_ANSWER);
    Err(Fault::new(
        FaultKind::RowRefused,
        line.side,
        "there are rows that refer to no row: the foreign key was not added",
    )
    .with_detail("All rows are there as they were on the source.")
    .with_hint(format!(
        "Look for them with: {query} -- then mend them and run the step again, or skip it."
    )))
}

#[derive(Clone, Copy)]
struct Doubt {
    number: u64,
    in_doubt: bool,
}

async fn definition(
    line: &mut Line,
    mark: &Mark<'_>,
    statement: &str,
    doubt: Doubt,
) -> Result<(), Fault> {
    match execute(line, statement).await {
        Ok(()) => Ok(()),
        Err(fault) if fault.kind == FaultKind::ConnectionLost => Err(fault),
        Err(fault) if doubt.in_doubt && is_done_before(statement, &fault) => Ok(()),
        Err(fault) => {
            // The server has said no: the statement did nothing, and is as new when it is tried
            // again. An object that is in its way then was not made by it.
            mark.write(line, Progress { done: doubt.number, in_doubt: false }).await?;
            Err(fault)
        }
    }
}

/// Does the fault say that the statement was carried out before?
fn is_done_before(statement: &str, fault: &Fault) -> bool {
    let Some(code) = fault.code.as_deref() else { return false };
    match first_word(statement).as_str() {
        // Database, table, index, trigger, routine, event, server, user; in MariaDB a foreign key
        // by its file's errno.
        "CREATE" => matches!(
            code,
            "1007" | "1050" | "1061" | "1304" | "1359" | "1396" | "1476" | "1537" | "4127"
        ),
        // Column, key, second primary key, foreign key, check; and what was to go.
        "ALTER" => matches!(
            code,
            "1060" | "1061" | "1068" | "1091" | "1826" | "3822" | "1005" | "1022" | "121"
        ),
        "DROP" => {
            matches!(code, "1008" | "1051" | "1091" | "1109" | "1305" | "1360" | "1539" | "4092")
        }
        "RENAME" => matches!(code, "1050" | "1146" | "1017"),
        _ => false,
    }
}

/// Runs a statement. MariaDB drops the tables of one DROP one by one and leaves the parents whose
/// children come later in the list: as long as a round drops any, there is another.
async fn execute(line: &mut Line, statement: &str) -> Result<(), Fault> {
    let rounds_max = statement.matches(',').count() + 1;
    let mut gone_before = None;
    for round in 1.. {
        let fault = match line.statement(statement.to_owned()).await {
            Ok(_) => return Ok(()),
            Err(fault) => fault,
        };
        let is_parent = fault.code.as_deref().is_some_and(|code| REFERENCED.contains(&code));
        if !is_parent || first_word(statement) != "DROP" || round >= rounds_max {
            return Err(fault);
        }
        let gone = gone_names(line).await?;
        if gone.len() < NOTE_CUT_AT && gone_before.as_ref() == Some(&gone) {
            return Err(fault);
        }
        gone_before = Some(gone);
    }
    unreachable!("the last round has returned")
}

/// What the DROP that was just run says of tables that are not there.
async fn gone_names(line: &mut Line) -> Result<String, Fault> {
    let warnings = line.rows("SHOW WARNINGS").await?;
    let is_unknown_table = |row: &Vec<Option<String>>| row.get(1) == Some(&Some("1051".to_owned()));
    let texts =
        warnings.into_iter().filter(is_unknown_table).filter_map(|row| row.into_iter().nth(2)?);
    Ok(texts.collect::<Vec<_>>().join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::fault::Side;

    #[test]
    fn statements_are_told_apart_by_their_first_word() {
        for (statement, expected) in [
            ("create table t (a int)", Nature::Definition),
            ("  \n(SELECT 1)", Nature::Rows),
            ("INSERT INTO t VALUES (1)", Nature::Rows),
            ("set @a = 1", Nature::Session),
            ("CALL p()", Nature::Definition),
            ("ANALYZE TABLE t", Nature::Definition),
            ("/* odd */ DROP TABLE t", Nature::Definition),
        ] {
            assert_eq!(nature(statement), expected, "{statement}");
        }
    }

    #[test]
    fn what_was_done_before_is_known_by_statement_and_number() {
        let fault =
            |code: &str| Fault::new(FaultKind::ObjectExists, Side::Target, "there").with_code(code);
        assert!(is_done_before("CREATE TABLE t (a int)", &fault("1050")));
        assert!(is_done_before("alter table t add index i (a)", &fault("1061")));
        assert!(is_done_before("DROP TABLE t", &fault("1051")));
        assert!(!is_done_before("CREATE TABLE t (a int)", &fault("1051")));
        assert!(!is_done_before("DROP TABLE t", &fault("1050")));
        assert!(!is_done_before("INSERT INTO t VALUES (1)", &fault("1062")));
    }

    #[test]
    fn progress_is_stored_in_one_number() {
        for done in [0, 1, 7] {
            for in_doubt in [false, true] {
                let progress = Progress { done, in_doubt };
                assert_eq!(Progress::from_stored(progress.stored()), progress);
            }
        }
    }
}
