//! Writing a plan.

use rusqlite::{Transaction, params};

use super::{MasterTable, format, int, sqlite_fault};
use crate::core::fault::Fault;
use crate::core::plan::{MigrationPlan, Step, TablePlan};

impl MasterTable {
    /// Keeps `plan`, instead of an earlier one.
    ///
    /// # Errors
    /// `Store`; then the earlier plan is still there.
    pub fn save_plan(&mut self, plan: &MigrationPlan) -> Result<(), Fault> {
        write_plan(self, plan).map_err(|e| sqlite_fault("save the plan", &e))
    }
}

fn write_plan(master: &mut MasterTable, plan: &MigrationPlan) -> rusqlite::Result<()> {
    let transaction = master.connection.transaction()?;
    transaction.execute_batch(
        "delete from step; delete from chunk; delete from plan_column; delete from plan_table; \
         delete from finding; delete from checklist;",
    )?;
    let mut first_chunk = 0;
    for (id, table) in (0..).zip(&plan.tables) {
        write_table(&transaction, id, table, first_chunk)?;
        first_chunk += table.chunks.len() as i64;
    }
    for (id, step) in (0..).zip(&plan.steps) {
        write_step(&transaction, id, step)?;
    }
    write_remarks(&transaction, plan)?;
    transaction.execute(
        "update job set planned = 1, source_dialect = ?, target_dialect = ?, ddl_preamble = ?",
        params![
            format::dialect_word(plan.source_dialect),
            format::dialect_word(plan.target_dialect),
            format::list_text(&plan.ddl_preamble),
        ],
    )?;
    transaction.commit()
}

fn write_table(
    transaction: &Transaction<'_>,
    id: i64,
    table: &TablePlan,
    first_chunk: i64,
) -> rusqlite::Result<()> {
    let (method, method_columns) = format::method_parts(&table.method);
    transaction
        .prepare_cached(
            "insert into plan_table (id, source_schema, source_name, target_schema, target_name, \
             path, path_reason, method, method_columns, rows_estimated, bytes_estimated, \
             pages_estimated, target_unlogged, existing, overrides_identity, first_chunk, \
             chunk_count, row_key, row_filter, row_sample, row_sample_by) \
             values (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
        )?
        .execute(params![
            id,
            table.source.schema,
            table.source.name,
            table.target.schema,
            table.target.name,
            format::path_word(table.path),
            table.path_reason,
            method,
            method_columns,
            int(table.estimate.rows),
            int(table.estimate.bytes),
            int(table.estimate.pages),
            table.target_unlogged,
            format::existing_word(table.existing),
            table.overrides_identity,
            first_chunk,
            table.chunks.len() as i64,
            format::list_text(&table.key),
            table.rows.filter,
            table.rows.sample,
            format::list_text(&table.rows.sample_by),
        ])?;
    write_columns(transaction, id, table)?;
    let mut insert = transaction.prepare_cached(
        "insert into chunk (id, table_id, number, range_kind, range_from, range_until, \
         rows_estimated, bytes_estimated) values (?,?,?,?,?,?,?,?)",
    )?;
    for (number, chunk) in (1_i64..).zip(&table.chunks) {
        let (kind, from, until) = format::range_parts(&chunk.range);
        insert.execute(params![
            first_chunk + number - 1,
            id,
            number,
            kind,
            from,
            until,
            int(chunk.rows),
            int(chunk.bytes),
        ])?;
    }
    Ok(())
}

fn write_columns(
    transaction: &Transaction<'_>,
    id: i64,
    table: &TablePlan,
) -> rusqlite::Result<()> {
    let mut insert = transaction.prepare_cached(
        "insert into plan_column (table_id, position, name, target_name, source_declared, \
         source_logical, target_declared, target_logical, fit, reason, transform, rule_by, \
         rule_instead_of, expression) values (?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
    )?;
    for (position, column) in (0_i64..).zip(&table.columns) {
        insert.execute(params![
            id,
            position,
            column.name,
            column.target_name,
            column.source_declared,
            format::logical_text(&column.source_logical),
            column.target_declared,
            format::logical_text(&column.target_logical),
            format::fit_word(column.fit),
            column.reason,
            format::transform_text(&column.transform),
            column.rule.as_ref().map(|rule| rule.by.as_str()),
            column.rule.as_ref().map(|rule| rule.instead_of.as_str()),
            column.expression,
        ])?;
    }
    Ok(())
}

fn write_step(transaction: &Transaction<'_>, id: i64, step: &Step) -> rusqlite::Result<()> {
    let waits_for: Vec<u32> = step.waits_for.iter().map(|s| s.0).collect();
    transaction
        .prepare_cached(
            "insert into step (id, kind, section, title, table_id, statements, waits_for, locks, \
             weight, optional) values (?,?,?,?,?,?,?,?,?,?)",
        )?
        .execute(params![
            id,
            format::kind_word(step.kind),
            format::section_word(step.section),
            step.title,
            step.table.map(|t| t.0),
            format::list_text(&step.statements),
            format::list_text(&waits_for),
            format::locks_text(&step.locks),
            int(step.weight),
            step.optional,
        ])?;
    Ok(())
}

fn write_remarks(transaction: &Transaction<'_>, plan: &MigrationPlan) -> rusqlite::Result<()> {
    let mut insert = transaction.prepare_cached(
        "insert into finding (severity, topic, message, detail, hint, ways) values (?,?,?,?,?,?)",
    )?;
    for finding in &plan.findings {
        insert.execute(params![
            format::severity_word(finding.severity),
            finding.topic,
            finding.message,
            finding.detail,
            finding.hint,
            format::ways::ways_text(&finding.ways),
        ])?;
    }
    let mut insert = transaction.prepare_cached(
        "insert into checklist (kind, schema, name, fate, reason, source_text) \
         values (?,?,?,?,?,?)",
    )?;
    for entry in &plan.checklist {
        insert.execute(params![
            entry.kind,
            entry.name.schema,
            entry.name.name,
            format::fate_word(entry.fate),
            entry.reason,
            entry.source_text,
        ])?;
    }
    Ok(())
}
