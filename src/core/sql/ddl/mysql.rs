//! Tables of PostgreSQL and SQLite on MySQL and MariaDB.
//!
//! Texts are compared byte by byte, trailing blanks included (`utf8mb4_0900_bin`, MariaDB's
//! `utf8mb4_nopad_bin`): a unique key then means what it meant. Checks are part of CREATE TABLE,
//! because adding one later copies the table. Primary keys and whatever AUTO_INCREMENT needs as
//! well; unique keys, indexes and foreign keys come after the rows.

use std::collections::BTreeMap;

use super::super::default::translate_default;
use super::super::expression::{translate, translate_condition};
use super::super::literal;
use super::super::names::Names;
use super::postgres::names_one_of;
use super::{Column, Dialect, Key, LogicalType, ObjectName, TableKind, Writer, is_numbered, quote};
use crate::core::catalog::Index;

const MY: Dialect = Dialect::Mysql;

/// InnoDB's longest key in bytes.
const KEY_BYTES_MAX: u32 = 3072;
/// Characters of a long text that an index that is not unique keeps.
const PREFIX_CHARACTERS: u32 = 191;
const BARRED: &str = "MySQL checks no column that AUTO_INCREMENT or a foreign key's action sets";
const COLUMN_COMMENT_MAX: usize = 1024;
const TABLE_COMMENT_MAX: usize = 2048;

/// Expressions as defaults.
const MYSQL_DEFAULTS_SINCE: u32 = 80_013;
/// `utf8mb4_0900_bin`.
const MYSQL_BIN_SINCE: u32 = 80_017;
/// Checks that are more than comments.
const MYSQL_CHECKS_SINCE: u32 = 80_016;

pub(super) fn write(writer: &mut Writer<'_>) {
    let mut state = Naming::default();
    let plain: Vec<usize> = (0..writer.planned.len()).filter(|at| writer.holds(*at)).collect();
    for at in &plain {
        writer.mysql_table(*at, &mut state);
    }
    for at in &plain {
        writer.mysql_keys(*at, &mut state);
        writer.mysql_indexes(*at, &mut state);
        writer.mysql_count_on(*at);
    }
    for at in &plain {
        writer.mysql_foreign_keys(*at, &mut state);
    }
    for at in 0..writer.planned.len() {
        if writer.planned[at].table.kind == TableKind::Partitioned {
            writer.union_view(at);
        }
    }
    let counted = plain.iter().filter_map(|at| {
        let number = writer.counted(*at)?;
        let column = &writer.planned[*at].table.columns[number].name;
        writer.position_of(*at, column).map(|s| s.name.clone())
    });
    let counted: Vec<ObjectName> = counted.collect();
    writer.free_sequences(&counted, "MySQL has no sequences");
}

/// Names of indexes are a table's own, names of constraints a database's.
#[derive(Default)]
pub(super) struct Naming {
    indexes: BTreeMap<ObjectName, Names>,
    constraints: BTreeMap<String, Names>,
}

impl Naming {
    fn index(&mut self, table: &ObjectName, wanted: &str) -> String {
        let names = self.indexes.entry(table.clone()).or_insert_with(|| {
            let mut names = Names::new(MY);
            names.give("PRIMARY", "");
            names
        });
        names.give(wanted, "")
    }

    pub(super) fn constraint(&mut self, table: &ObjectName, wanted: &str) -> String {
        let names = self.constraints.entry(table.schema.clone()).or_insert_with(|| Names::new(MY));
        names.give(wanted, &table.name)
    }
}

impl Writer<'_> {
    /// The collation that tells all texts apart.
    pub(super) fn mysql_collation(&self) -> &'static str {
        let to = self.request.ends.to;
        match (to.mariadb, to.version_num) {
            (true, _) => "utf8mb4_nopad_bin",
            (false, 1..MYSQL_BIN_SINCE) => "utf8mb4_bin",
            (false, _) => "utf8mb4_0900_bin",
        }
    }

    /// Does the target get a table for it?
    fn holds(&mut self, at: usize) -> bool {
        let table = self.planned[at].table;
        let (kind, reason) = match table.kind {
            TableKind::Partitioned => return false,
            TableKind::Foreign => ("FOREIGN TABLE", "its rows live elsewhere"),
            TableKind::Virtual => ("TABLE", "virtual tables exist in SQLite only"),
            TableKind::Plain => {
                if self.request.from == Dialect::Sqlite && !table.parents.is_empty() {
                    ("TABLE", "it carries a virtual table")
                } else if table.stored_columns().next().is_none() {
                    ("TABLE", "MySQL wants a column that holds values")
                } else {
                    return true;
                }
            }
        };
        self.refuse(kind, table.name.clone(), reason, table.sql.clone());
        false
    }

    /// The column that AUTO_INCREMENT numbers: the first whole one, the primary key's before
    /// others.
    fn counted(&self, at: usize) -> Option<usize> {
        let planned = &self.planned[at];
        let fits = |number: &usize| {
            let column = &planned.table.columns[*number];
            is_numbered(column)
                && column.generated.is_none()
                && matches!(planned.fits[*number].logical, LogicalType::Int { .. })
        };
        let leads = planned.primary_key().and_then(|k| planned.position(k.columns.first()?));
        leads.filter(fits).or_else(|| (0..planned.names.len()).find(fits))
    }

    fn mysql_table(&mut self, at: usize, state: &mut Naming) {
        let counted = self.counted(at);
        let mut lines = Vec::new();
        for number in 0..self.planned[at].names.len() {
            match self.mysql_column(at, number, counted == Some(number)) {
                Some(line) => lines.push(line),
                None => {
                    self.planned[at].left_out.insert(number);
                }
            }
        }
        lines.extend(self.mysql_primary_key(at));
        lines.extend(self.counting_key(at, counted, state));
        lines.extend(self.mysql_checks(at, state));
        let comment = self.mysql_table_comment(at);
        let planned = &self.planned[at];
        let target = planned.target.clone();
        let statement = format!(
            "CREATE TABLE {} (\n    {}\n) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 \
             COLLATE={}{comment}",
            planned.qualified(MY),
            lines.join(",\n    "),
            self.mysql_collation()
        );
        let id = self.push("TABLE", &target, &target.name, statement);
        let schema = self.schema_id(&target.schema);
        self.made.items[id as usize - 1].depends_on.extend(schema);
        self.table_ids.insert(target, id);
    }

    fn mysql_column(&mut self, at: usize, number: usize, counts: bool) -> Option<String> {
        let planned = &self.planned[at];
        let column: Column = planned.table.columns[number].clone();
        let fit = planned.fits[number].clone();
        let mut text = format!("{} {}", quote(MY, &planned.names[number]), fit.declared);
        if let Some(generated) = &column.generated {
            let counted: Vec<Column> = self.counted_column(at).into_iter().collect();
            let written = match names_one_of(&generated.expression, self.request.from, &counted) {
                true => Err("MySQL computes nothing from AUTO_INCREMENT".to_owned()),
                false => translate(&generated.expression, &self.scope(at)),
            };
            match written {
                Ok(sql) => text.push_str(&format!(" GENERATED ALWAYS AS ({sql}) STORED")),
                Err(why) => {
                    let why = format!("the column is left out: {why}");
                    let source = Some(generated.expression.clone());
                    self.refuse("GENERATED COLUMN", self.part(at, &column.name), why, source);
                    return None;
                }
            }
        } else {
            text.push_str(match (column.not_null || self.is_in_primary_key(at, number), &fit) {
                (true, _) => " NOT NULL",
                // Without the word MariaDB would make it NOT NULL.
                (false, fit) if fit.declared.starts_with("timestamp") => " NULL",
                (false, _) => "",
            });
            if counts {
                text.push_str(" AUTO_INCREMENT");
            } else {
                text.push_str(&self.mysql_default(at, &column, &fit));
            }
        }
        text.push_str(&self.mysql_column_comment(at, &column));
        Some(text)
    }

    fn is_in_primary_key(&self, at: usize, number: usize) -> bool {
        let planned = &self.planned[at];
        planned
            .primary_key()
            .is_some_and(|key| key.columns.iter().any(|c| planned.position(c) == Some(number)))
    }

    fn mysql_default(
        &mut self,
        at: usize,
        column: &Column,
        fit: &super::super::super::mapping::ColumnFit,
    ) -> String {
        if is_numbered(column) && self.request.from != Dialect::Sqlite {
            let why = "MySQL numbers one column of a table, and it has no sequences";
            self.refuse("IDENTITY", self.part(at, &column.name), why, column.default.clone());
            return String::new();
        }
        let Some(default) = &column.default else { return String::new() };
        let written = translate_default(default, self.request.from, MY, &fit.logical)
            .and_then(|sql| self.fitting_default(&sql, &column.logical, &fit.declared));
        match written {
            Ok(sql) if sql == "NULL" => String::new(),
            Ok(sql) => format!(" DEFAULT {sql}"),
            Err(why) => {
                self.refuse("DEFAULT", self.part(at, &column.name), why, Some(default.clone()));
                String::new()
            }
        }
    }

    /// MySQL takes literals bare, the current moment in the column's own precision, everything
    /// else in parentheses, and for long types nothing bare.
    fn fitting_default(
        &self,
        sql: &str,
        source: &LogicalType,
        declared: &str,
    ) -> Result<String, String> {
        let to = self.request.ends.to;
        let base = declared.split(['(', ' ']).next().unwrap_or_default();
        let is_long =
            base.ends_with("text") || base.ends_with("blob") || matches!(base, "json" | "geometry");
        let digits = declared
            .strip_prefix("datetime(")
            .or_else(|| declared.strip_prefix("timestamp("))
            .and_then(|rest| rest.split(')').next());
        let zoned = matches!(source, LogicalType::Timestamp { zoned: true });
        let sql = match sql {
            moment if moment.starts_with("CURRENT_TIMESTAMP") => {
                let digits = digits.map_or(String::new(), |n| format!("({n})"));
                match base {
                    // Moments lie there in UTC.
                    "datetime" if zoned => format!("utc_timestamp{}", call(&digits)),
                    "datetime" | "timestamp" => return Ok(format!("CURRENT_TIMESTAMP{digits}")),
                    _ => return Err("the default is a moment and the column none".to_owned()),
                }
            }
            "utc_timestamp()" if base == "datetime" => {
                format!(
                    "utc_timestamp{}",
                    call(&digits.map_or(String::new(), |n| format!("({n})")))
                )
            }
            other => other.to_owned(),
        };
        let plain = super::super::default::is_plain(&sql);
        if plain && !is_long {
            return Ok(sql);
        }
        if sql == "NULL" {
            return Ok(sql);
        }
        match to.mariadb || to.version_num == 0 || to.version_num >= MYSQL_DEFAULTS_SINCE {
            true => Ok(format!("({sql})")),
            false => Err("MySQL takes expressions as defaults since 8.0.13".to_owned()),
        }
    }

    fn mysql_primary_key(&mut self, at: usize) -> Option<String> {
        let key = self.planned[at].primary_key()?.clone();
        match self.key_list(at, &key.columns) {
            Ok(list) => Some(format!("PRIMARY KEY ({list})")),
            Err(reason) => {
                self.refuse("CONSTRAINT", self.part(at, "PRIMARY"), reason, None);
                None
            }
        }
    }

    /// Whole columns, as a unique key needs them.
    pub(super) fn key_list(&self, at: usize, columns: &[String]) -> Result<String, String> {
        let planned = &self.planned[at];
        let mut total = 0;
        for name in columns {
            let number = planned.position(name).ok_or("a column of it is not known")?;
            let bytes = key_bytes(&planned.fits[number].declared)
                .ok_or_else(|| format!("{name} has no length that a unique key could hold"))?;
            total += bytes;
        }
        if total > KEY_BYTES_MAX {
            return Err(format!("it would need {total} bytes, and MySQL's keys end at 3072"));
        }
        planned.list(MY, columns).ok_or_else(|| "a column of it is not known".to_owned())
    }

    /// A key that the numbered column leads, where neither the primary key nor anything else is
    /// there in time.
    fn counting_key(
        &mut self,
        at: usize,
        counted: Option<usize>,
        state: &mut Naming,
    ) -> Option<String> {
        let number = counted?;
        let planned = &self.planned[at];
        let leads = |key: &Key| {
            key.primary && key.columns.first().and_then(|c| planned.position(c)) == Some(number)
        };
        if planned.table.keys.iter().any(leads) {
            return None;
        }
        let target = planned.target.clone();
        let column = planned.names[number].clone();
        let name = state.index(&target, &format!("{column}_counted"));
        Some(format!("KEY {} ({})", quote(MY, &name), quote(MY, &column)))
    }

    fn mysql_checks(&mut self, at: usize, state: &mut Naming) -> Vec<String> {
        let to = self.request.ends.to;
        let barred = self.barred_from_checks(at);
        let mut lines = Vec::new();
        for (number, check) in self.planned[at].table.checks.clone().into_iter().enumerate() {
            let target = self.planned[at].target.clone();
            let fallback = format!("{}_check{}", target.name, number + 1);
            let wanted = if check.name.is_empty() { fallback } else { check.name.clone() };
            let kept = to.mariadb || to.version_num == 0 || to.version_num >= MYSQL_CHECKS_SINCE;
            let is_barred = names_one_of(&check.expression, self.request.from, &barred);
            let written = match kept {
                true if is_barred => Err(BARRED.to_owned()),
                true => translate_condition(&check.expression, &self.scope(at)),
                false => Err("MySQL has checks since 8.0.16".to_owned()),
            };
            match written {
                Ok(sql) => {
                    let name = state.constraint(&target, &wanted);
                    lines.push(format!("CONSTRAINT {} CHECK ({sql})", quote(MY, &name)));
                }
                Err(why) => {
                    let text = Some(format!("CHECK ({})", check.expression));
                    self.refuse("CHECK CONSTRAINT", self.part(at, &wanted), why, text);
                }
            }
        }
        lines
    }

    fn counted_column(&self, at: usize) -> Option<Column> {
        self.counted(at).map(|number| self.planned[at].table.columns[number].clone())
    }

    /// Columns that MySQL itself changes: it lets no check name them.
    fn barred_from_checks(&self, at: usize) -> Vec<Column> {
        let table = self.planned[at].table;
        let changes = |action: &str| {
            ["CASCADE", "SET NULL"].iter().any(|word| action.eq_ignore_ascii_case(word))
        };
        let acting = table.foreign_keys.iter().filter(|key| {
            self.parent_of(key).is_ok()
                && (changes(&key.on_update) || key.on_delete.eq_ignore_ascii_case("SET NULL"))
        });
        let named = acting.flat_map(|key| &key.columns);
        let columns =
            named.filter_map(|name| Some(&table.columns[self.planned[at].position(name)?]));
        columns.cloned().chain(self.counted_column(at)).collect()
    }

    fn mysql_column_comment(&mut self, at: usize, column: &Column) -> String {
        let Some(comment) = &column.comment else { return String::new() };
        if comment.chars().count() > COLUMN_COMMENT_MAX {
            let why = "MySQL's comments on columns end at 1,024 characters";
            self.refuse("COMMENT", self.part(at, &column.name), why, Some(comment.clone()));
            return String::new();
        }
        format!(" COMMENT {}", literal(MY, comment))
    }

    fn mysql_table_comment(&mut self, at: usize) -> String {
        let table = self.planned[at].table;
        let Some(comment) = &table.comment else { return String::new() };
        if comment.chars().count() > TABLE_COMMENT_MAX {
            let why = "MySQL's comments on tables end at 2,048 characters";
            self.refuse("COMMENT", table.name.clone(), why, Some(comment.clone()));
            return String::new();
        }
        format!(" COMMENT={}", literal(MY, comment))
    }

    pub(super) fn mysql_alter(&mut self, at: usize, kind: &str, name: &str, body: &str) -> u32 {
        let planned = &self.planned[at];
        let statement = format!("ALTER TABLE {} ADD {body}", planned.qualified(MY));
        let target = planned.target.clone();
        self.push(kind, &target, name, statement)
    }

    /// Unique constraints.
    fn mysql_keys(&mut self, at: usize, state: &mut Naming) {
        for key in self.planned[at].table.keys.clone() {
            let target = self.planned[at].target.clone();
            if key.primary {
                let id = self.table_ids.get(&target).copied();
                self.key_ids.extend(id.map(|id| ((target, super::folded(&key.columns)), id)));
                continue;
            }
            let fallback = format!("{}_{}_key", target.name, key.columns.join("_"));
            let wanted = if key.name.is_empty() { fallback } else { key.name.clone() };
            match self.key_list(at, &key.columns) {
                Ok(list) => {
                    let name = state.index(&target, &wanted);
                    let body = format!("UNIQUE KEY {} ({list})", quote(MY, &name));
                    let id = self.mysql_alter(at, "CONSTRAINT", &name, &body);
                    self.key_ids.insert((target, super::folded(&key.columns)), id);
                }
                Err(reason) => {
                    self.refuse("CONSTRAINT", self.part(at, &wanted), reason, None);
                }
            }
        }
    }

    fn mysql_indexes(&mut self, at: usize, state: &mut Naming) {
        for index in self.planned[at].table.indexes.clone() {
            let target = self.planned[at].target.clone();
            match self.mysql_index(at, &index) {
                Ok(list) => {
                    let name = state.index(&target, &index.name);
                    let unique = if index.unique { "UNIQUE " } else { "" };
                    let body = format!("{unique}KEY {} ({list})", quote(MY, &name));
                    let id = self.mysql_alter(at, "INDEX", &name, &body);
                    if index.unique {
                        let columns: Vec<String> =
                            index.columns.iter().map(|c| c.name.clone()).collect();
                        self.key_ids.insert((target, super::folded(&columns)), id);
                    }
                }
                Err(reason) => {
                    let schema = self.planned[at].table.name.schema.as_str();
                    let name = ObjectName::new(schema, index.name.as_str());
                    self.refuse("INDEX", name, reason, Some(index.definition));
                }
            }
        }
    }

    fn mysql_index(&self, at: usize, index: &Index) -> Result<String, String> {
        if !matches!(index.method.to_ascii_lowercase().as_str(), "btree" | "hash" | "brin") {
            return Err(format!("MySQL has no {} indexes", index.method));
        }
        if index.columns.is_empty() {
            return Err("an index on an expression".to_owned());
        }
        if index.unique {
            if index.predicate.is_some() {
                return Err("MySQL has no unique indexes of some rows only".to_owned());
            }
            let columns: Vec<String> = index.columns.iter().map(|c| c.name.clone()).collect();
            return self.key_list(at, &columns);
        }
        let planned = &self.planned[at];
        let mut parts = Vec::new();
        let mut room = KEY_BYTES_MAX;
        for (number, column) in index.columns.iter().enumerate() {
            let position = planned.position(&column.name).ok_or("a column is not known")?;
            let declared = planned.fits[position].declared.as_str();
            if declared == "json" || declared.starts_with("geometry") {
                return Err(format!("{} is {declared}, which MySQL cannot index", column.name));
            }
            let rest = u32::try_from(index.columns.len() - number).unwrap_or(1);
            let (bytes, prefix) = index_part(declared, room / rest);
            room = room.saturating_sub(bytes);
            let prefix = prefix.map_or(String::new(), |n| format!("({n})"));
            let order = if column.descending { " DESC" } else { "" };
            parts.push(format!("{}{prefix}{order}", quote(MY, &planned.names[position])));
        }
        Ok(parts.join(", "))
    }

    /// AUTO_INCREMENT goes on where the source's count stood; InnoDB itself never goes below the
    /// largest number.
    fn mysql_count_on(&mut self, at: usize) {
        let Some(number) = self.counted(at) else { return };
        let planned = &self.planned[at];
        let column = &planned.table.columns[number];
        let Some(position) = self.position_of(at, &column.name) else { return };
        let next = i128::from(position.last_value) + i128::from(position.is_called);
        if next <= 1 {
            return;
        }
        let statement = format!("ALTER TABLE {} AUTO_INCREMENT = {next}", planned.qualified(MY));
        let target = planned.target.clone();
        self.push("SEQUENCE SET", &target, &target.name, statement);
    }
}

fn call(digits: &str) -> &str {
    if digits.is_empty() { "()" } else { digits }
}

/// Bytes that a whole column takes in a key; `None` when it has no limit.
fn key_bytes(declared: &str) -> Option<u32> {
    let lower = declared.to_ascii_lowercase();
    let base = lower.split(['(', ' ']).next().unwrap_or_default();
    if base.ends_with("text") || base.ends_with("blob") || matches!(base, "json" | "geometry") {
        return None;
    }
    let length = lower
        .split_once('(')
        .and_then(|(_, rest)| rest.split([')', ',']).next())
        .and_then(|n| n.trim().parse::<u32>().ok());
    match base {
        "varchar" | "char" => {
            let single = ["ascii", "latin1", "binary"]
                .iter()
                .any(|set| lower.contains(&format!("character set {set}")));
            length?.checked_mul(if single { 1 } else { 4 })
        }
        "varbinary" | "binary" => length,
        "decimal" => Some(32),
        _ => Some(8),
    }
}

/// Bytes that a column takes in an index that is not unique, and the prefix it needs for that.
fn index_part(declared: &str, room: u32) -> (u32, Option<u32>) {
    match key_bytes(declared) {
        Some(bytes) if bytes <= room => (bytes, None),
        bytes => {
            let base = declared.split(['(', ' ']).next().unwrap_or_default();
            let binary = base.ends_with("blob") || base.ends_with("binary");
            let single = binary || declared.contains("character set ascii");
            let unit = if single { 1 } else { 4 };
            if bytes.is_some() && !base.ends_with("char") && !binary {
                return (bytes.unwrap_or(0), None);
            }
            let most = room / unit;
            let prefix = if most < PREFIX_CHARACTERS { most } else { PREFIX_CHARACTERS };
            (prefix * unit, Some(prefix))
        }
    }
}
