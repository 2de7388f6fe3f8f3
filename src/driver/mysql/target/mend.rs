//! Puts rows right that a verification found: one transaction, rows found by their key.
//!
//! `INSERT ... ON DUPLICATE KEY UPDATE` would take any unique key for the row's own, so what is
//! there is asked for first: one row with exactly this key is changed, none is added. A key that is
//! another one letter by letter and the same to the column's collation is neither: the server
//! refuses to add it, and nothing of the round is kept.

use super::insert::{PACKET_OVERHEAD, STATEMENT_BYTES};
use super::invented::Invented;
use super::link::{Line, Link};
use super::refusal;
use super::settings::LoadMode;
use crate::core::canon::Shape;
use crate::core::catalog::LogicalType;
use crate::core::fault::{Fault, FaultKind, Side};
use crate::core::mapping::Transform;
use crate::core::name::Dialect;
use crate::core::plan::{ColumnPlan, TablePlan};
use crate::core::sql::{qualified, quote};
use crate::core::value::RowBatch;
use crate::core::verify::mirrored;
use crate::core::wire::LoadDataEncoder;
use crate::driver::pipe::check_counts;
use crate::driver::{Mend, MendRows};

/// Rows asked for at once.
const ROWS_ASKED: usize = 100;

/// Runs `mend`; answers the rows changed, added or deleted.
pub(super) async fn mend(link: &Link, mend: &Mend) -> Result<u64, Fault> {
    let mut line = link.connect().await?;
    // Dropped or failed before the end: the connection is closed, and the server rolls back.
    let done = within(&mut line, mend).await;
    done.map_err(|fault| fault.while_doing(&format!("repair {}", mend.table.target)))
}

async fn within(line: &mut Line, mend: &Mend) -> Result<u64, Fault> {
    let (MendRows::Upsert(rows) | MendRows::Delete(rows)) = &mend.rows;
    line.statement(LoadMode { foreign_keys: true, form: rows.form() }.statement()).await?;
    let invented = Invented::of(line, &mend.table).await?;
    line.statement("START TRANSACTION").await?;
    let name = qualified(Dialect::Mysql, &mend.table.target);
    let mut mending = Mending { line: &mut *line, mend, name };
    let done = match &mend.rows {
        MendRows::Upsert(rows) => {
            invented.check(rows, 0)?;
            mending.upsert(rows).await?
        }
        MendRows::Delete(keys) => mending.delete(keys).await?,
    };
    line.statement("COMMIT").await?;
    Ok(done)
}

struct Mending<'a> {
    line: &'a mut Line,
    mend: &'a Mend,
    /// The target's table, quoted.
    name: String,
}

impl Mending<'_> {
    /// Bytes of one statement.
    fn room(&self) -> u64 {
        let packet = self.line.traits.max_allowed_packet.saturating_sub(PACKET_OVERHEAD);
        std::cmp::min(packet, STATEMENT_BYTES)
    }

    /// The row with this key and no other.
    fn condition(&self, key: &[&[u8]]) -> Vec<u8> {
        let mut out = Vec::new();
        for (at, literal) in key.iter().enumerate() {
            if at > 0 {
                out.extend_from_slice(b" AND ");
            }
            put_equal(&self.mend.table.columns[self.mend.key[at]], literal, &mut out);
        }
        out
    }

    async fn upsert(&mut self, rows: &RowBatch) -> Result<u64, Fault> {
        let mut encoder = LoadDataEncoder::new(&self.mend.table);
        let head = format!("INSERT INTO {} {} VALUES ", self.name, encoder.insert_columns());
        let mut group = Group::default();
        let (mut done, room) = (0, self.room());
        for row in 0..rows.rows() {
            let cells = encoder.literals(rows, row)?;
            let key: Vec<&[u8]> = self.mend.key.iter().map(|at| &*cells[*at]).collect();
            let condition = self.condition(&key);
            let bytes = condition.len() + cells.iter().map(|cell| cell.len() + 1).sum::<usize>();
            if group.rows.len() == ROWS_ASKED || (group.bytes + bytes) as u64 > room / 2 {
                done += self.group(std::mem::take(&mut group), head.as_bytes()).await?;
            }
            group.bytes += bytes;
            group.rows.push((condition, cells));
        }
        Ok(done + self.group(group, head.as_bytes()).await?)
    }

    /// Changes the rows that are there and adds the others.
    async fn group(&mut self, group: Group, head: &[u8]) -> Result<u64, Fault> {
        if group.rows.is_empty() {
            return Ok(0);
        }
        let there = self.counts(&group).await?;
        let (mut done, mut added, mut text) = (0, 0, head.to_vec());
        for ((condition, cells), there) in group.rows.iter().zip(there) {
            match there {
                0 => {
                    text.extend_from_slice(if added == 0 { b"(" } else { b",(" });
                    text.extend_from_slice(&cells.join(&b','));
                    text.push(b')');
                    added += 1;
                }
                1 => {
                    self.change(condition, cells).await?;
                    done += 1;
                }
                _ => return Err(self.doubled()),
            }
        }
        if added > 0 {
            let ran = self.line.statement_bytes(text).await?;
            refusal::check(self.line, ran, 0).await?;
            check_counts(Some(added), ran.affected)?;
        }
        Ok(done + added)
    }

    /// How many rows of the target have the key of each row of the group.
    async fn counts(&mut self, group: &Group) -> Result<Vec<u64>, Fault> {
        let mut text = Vec::with_capacity(group.bytes);
        for (at, (condition, _)) in group.rows.iter().enumerate() {
            let union = if at > 0 { " UNION ALL " } else { "" };
            let ask = format!("{union}SELECT {at}, COUNT(*) FROM {} WHERE ", self.name);
            text.extend_from_slice(ask.as_bytes());
            text.extend_from_slice(condition);
        }
        let mut counts = vec![0; group.rows.len()];
        for row in self.line.rows_of_bytes(text).await? {
            let mut cells = row.into_iter().map(|cell| cell?.parse::<u64>().ok());
            let (at, count) = (cells.next().flatten(), cells.next().flatten());
            let place = at.and_then(|at| counts.get_mut(usize::try_from(at).ok()?));
            match (place, count) {
                (Some(place), Some(count)) => *place = count,
                _ => return Err(unreadable()),
            }
        }
        Ok(counts)
    }

    async fn change(&mut self, condition: &[u8], cells: &[Vec<u8>]) -> Result<(), Fault> {
        let columns = self.mend.table.columns.iter().zip(cells).enumerate();
        let values = columns.filter(|(at, _)| !self.mend.key.contains(at));
        let mut text = format!("UPDATE {} SET ", self.name).into_bytes();
        let mut any = false;
        for (_, (column, cell)) in values {
            let name = quote(Dialect::Mysql, &column.target_name);
            let between = if any { ", " } else { "" };
            text.extend_from_slice(format!("{between}{name} = ").as_bytes());
            text.extend_from_slice(cell);
            any = true;
        }
        if !any {
            return Ok(());
        }
        text.extend_from_slice(b" WHERE ");
        text.extend_from_slice(condition);
        let ran = self.line.statement_bytes(text).await?;
        refusal::check(self.line, ran, 0).await?;
        // A row that was changed by someone in between has nothing left to change.
        if ran.affected > 1 { Err(self.doubled()) } else { Ok(()) }
    }

    async fn delete(&mut self, keys: &RowBatch) -> Result<u64, Fault> {
        let mut encoder = LoadDataEncoder::new(&key_plan(self.mend));
        let mut gone = 0;
        for row in 0..keys.rows() {
            let cells = encoder.literals(keys, row)?;
            let key: Vec<&[u8]> = cells.iter().map(Vec::as_slice).collect();
            let mut text = format!("DELETE FROM {} WHERE ", self.name).into_bytes();
            text.extend_from_slice(&self.condition(&key));
            let ran = self.line.statement_bytes(text).await?;
            refusal::check(self.line, ran, 0).await?;
            match ran.affected {
                0 => {}
                1 => gone += 1,
                _ => return Err(self.doubled()),
            }
        }
        Ok(gone)
    }

    fn doubled(&self) -> Fault {
        let what = format!("several rows of {} have one key", self.mend.table.target);
        Fault::new(FaultKind::RowRefused, Side::Target, what).with_hint(
            "Nothing of it was changed. Remove the rows that are there twice, then repair again.",
        )
    }
}

/// Rows whose keys are asked for together: how each is found, and its cells.
#[derive(Default)]
struct Group {
    rows: Vec<(Vec<u8>, Vec<Vec<u8>>)>,
    bytes: usize,
}

/// The key's columns as the target itself has them: nothing is changed on the way back.
fn key_plan(mend: &Mend) -> TablePlan {
    let mirror = mirrored(&mend.table);
    let columns = mend
        .key
        .iter()
        .map(|at| ColumnPlan { transform: Transform::default(), ..mirror.columns[*at].clone() });
    TablePlan { columns: columns.collect(), ..mirror }
}

/// Equal to the index, and letter by letter: a collation takes more for equal than verification.
fn put_equal(column: &ColumnPlan, literal: &[u8], out: &mut Vec<u8>) {
    let name = quote(Dialect::Mysql, &column.target_name);
    let sign = if literal == b"NULL" { "<=>" } else { "=" };
    out.extend_from_slice(format!("{name} {sign} ").as_bytes());
    out.extend_from_slice(literal);
    let (Shape::Text { trim }, LogicalType::Text { .. }) =
        (Shape::of(column), &column.target_logical)
    else {
        return;
    };
    if literal == b"NULL" {
        return;
    }
    let (from, to) = if trim { ("TRIM(TRAILING ' ' FROM ", ")") } else { ("", "") };
    let theirs = format!("CONVERT({name} USING utf8mb4)");
    let exact = format!(" AND CAST({from}{theirs}{to} AS BINARY) = CAST({from}");
    out.extend_from_slice(exact.as_bytes());
    out.extend_from_slice(literal);
    out.extend_from_slice(format!("{to} AS BINARY)").as_bytes());
}

fn unreadable() -> Fault {
    Fault::new(FaultKind::Other, Side::Target, "the server's count of rows cannot be read")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::mapping::Fit;

    fn column(logical: LogicalType) -> ColumnPlan {
        ColumnPlan {
            name: "k".to_owned(),
            target_name: "k`y".to_owned(),
            source_declared: String::new(),
            source_logical: logical.clone(),
            target_declared: String::new(),
            target_logical: logical,
            fit: Fit::Exact,
            reason: String::new(),
            transform: Transform::default(),
            rule: None,
            expression: None,
        }
    }

    fn equal(logical: LogicalType, literal: &str) -> String {
        let mut out = Vec::new();
        put_equal(&column(logical), literal.as_bytes(), &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_key_of_text_is_equal_letter_by_letter() {
        assert_eq!(equal(LogicalType::Int { bits: 32, unsigned: false }, "'5'"), "`k``y` = '5'");
        let text = |fixed| LogicalType::Text { max: None, fixed };
        assert_eq!(
            equal(text(false), "'a'"),
            "`k``y` = 'a' AND CAST(CONVERT(`k``y` USING utf8mb4) AS BINARY) = CAST('a' AS BINARY)"
        );
        assert_eq!(
            equal(text(true), "'a'"),
            "`k``y` = 'a' AND CAST(TRIM(TRAILING ' ' FROM CONVERT(`k``y` USING utf8mb4)) AS \
             BINARY) = CAST(TRIM(TRAILING ' ' FROM 'a') AS BINARY)"
        );
        assert_eq!(equal(text(false), "NULL"), "`k``y` <=> NULL");
    }
}
