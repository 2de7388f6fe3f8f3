//! Where the canonical texts of a table's columns can be had: in both servers, only here, or
//! nowhere.

use super::super::canon::{row_expression, why_not_comparable};
use super::super::catalog::Server;
use super::super::fault::Side;
use super::super::name::Dialect;
use super::super::plan::{
    ColumnPlan, CopyFormat, DataPath, Existing, Finding, MigrationPlan, Severity, TablePlan,
};

/// First PostgreSQL with all functions of the canonical texts.
const PG_CANON: u32 = 130_000;

/// Leaves out, and names, the columns of a verification's `plan` that cannot be compared, and has
/// the servers hash the tables of which both have the canonical texts. `repair`: a row cannot be
/// repaired without all of its columns.
pub fn choose_ways(plan: &mut MigrationPlan, ends: (&Server, &Server), repair: bool) {
    for table in &mut plan.tables {
        plan.findings.extend(not_compared(table, repair));
        table.columns.retain(|column| why_not_comparable(column).is_none());
        let kept = |name: &String| table.columns.iter().any(|column| column.name == *name);
        if !table.key.iter().all(kept) {
            table.key.clear();
        }
        if table.path == DataPath::Conventional && servers_have_canon(table, ends) {
            table.path = DataPath::DirectCopy(CopyFormat::Text);
            let cut = table.path_reason.split_once("; ").map(|(_, cut)| cut).unwrap_or_default();
            table.path_reason = format!("hashed in the servers; {cut}");
        }
    }
}

fn not_compared(table: &TablePlan, repair: bool) -> Option<Finding> {
    let why = |column: &ColumnPlan| why_not_comparable(column);
    let reason = table.columns.iter().find_map(why)?;
    let out = table.columns.iter().filter(|column| why(column).is_some());
    let names: Vec<&str> = out.map(|column| column.name.as_str()).collect();
    let what = format!("{}: not compared: {}", table.source, names.join(", "));
    Some(if repair {
        Finding::new(Severity::Block, "columns", what)
            .with_detail(format!("{reason}, and a row is not repaired in part."))
            .with_hint("Leave the table out, verify without --repair, or give a zone as +02:00.")
    } else {
        Finding::new(Severity::Warn, "columns", what)
            .with_detail(format!("{reason}. All other columns are compared."))
            .with_hint("A zone given as +02:00 can be compared.")
    })
}

/// Have both servers an expression for the canonical text of every column? Between two PostgreSQL
/// the plan asks for their own text, which costs less.
fn servers_have_canon(table: &TablePlan, (here, there): (&Server, &Server)) -> bool {
    let able = |server: &Server, side| {
        let fit = match server.dialect {
            Dialect::Postgres => server.version_num >= PG_CANON && server.encoding != "SQL_ASCII",
            Dialect::Mysql => true,
            Dialect::Sqlite => false,
        };
        fit && row_expression(server.dialect, &table.columns, side).is_some()
    };
    // Rows and values that are chosen on the source are chosen there alone.
    let shaped = !table.rows.is_whole() || table.columns.iter().any(|c| c.expression.is_some());
    !shaped
        && (here.dialect == Dialect::Mysql || there.dialect == Dialect::Mysql)
        && table.existing != Existing::Created
        && !table.columns.is_empty()
        && able(here, Side::Source)
        && able(there, Side::Target)
}
