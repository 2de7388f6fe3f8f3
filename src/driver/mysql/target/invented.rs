//! Columns for whose NULLs the server invents a value without a word: the next number of an
//! AUTO_INCREMENT, the time of day in a TIMESTAMP that takes no NULL. Such a row is refused here.

use super::ledger::text;
use super::link::Line;
use crate::core::fault::{Fault, FaultKind, Side};
use crate::core::plan::TablePlan;
use crate::core::value::{CellRef, RowBatch};

/// Of one table: places in its rows, with the column's name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Invented {
    columns: Vec<(usize, String)>,
}

impl Invented {
    /// Asks the server which columns of `table` are such.
    pub async fn of(line: &mut Line, table: &TablePlan) -> Result<Invented, Fault> {
        let asked = format!(
            "SELECT COLUMN_NAME FROM information_schema.COLUMNS \
             WHERE TABLE_SCHEMA = {} AND TABLE_NAME = {} AND (EXTRA LIKE '%auto_increment%' \
             OR (DATA_TYPE = 'timestamp' AND IS_NULLABLE = 'NO'))",
            text(&table.target.schema),
            text(&table.target.name)
        );
        let names = line.rows(asked).await?;
        let names = names.into_iter().filter_map(|row| row.into_iter().next()?);
        let mut columns = Vec::new();
        for name in names {
            // Names of columns are equal whatever their case.
            let lower = name.to_lowercase();
            let at = table.columns.iter().position(|c| c.target_name.to_lowercase() == lower);
            columns.extend(at.map(|at| (at, name)));
        }
        Ok(Invented { columns })
    }

    /// Refuses a batch with such a NULL. `before`: rows of the chunk that came before it.
    pub fn check(&self, batch: &RowBatch, before: u64) -> Result<(), Fault> {
        for (at, name) in &self.columns {
            let is_null = |row: &usize| batch.cell(*row, *at) == CellRef::Null;
            if let Some(row) = (0..batch.rows()).find(is_null) {
                let number = before + row as u64 + 1;
                let what = format!(
                    "column {name}, row {number} of the chunk: the value is NULL, and the server \
                     would put one of its own there"
                );
                return Err(Fault::new(FaultKind::RowRefused, Side::Target, what).with_hint(
                    "Nothing of this chunk was kept. Let the target's column take NULL, or mend \
                     the row.",
                ));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_null_is_found_and_told_with_its_row() {
        let invented = Invented { columns: vec![(1, "id".to_owned())] };
        let mut batch = RowBatch::with_capacity(2, 16);
        for value in [Some(1), Some(2), None] {
            batch.push_null();
            match value {
                Some(value) => batch.push_int(value),
                None => batch.push_null(),
            }
        }
        let fault = invented.check(&batch, 10).unwrap_err();
        assert_eq!(fault.kind, FaultKind::RowRefused);
        assert!(fault.message.contains("column id, row 13 of the chunk"), "{fault}");
        assert_eq!(Invented::default().check(&batch, 10), Ok(()));
    }
}
