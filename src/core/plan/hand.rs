//! A table whose statement somebody wrote by hand: what it makes counts like a table that is there.

use super::super::catalog::{Column, Generated, Identity, LogicalType, Table};
use super::super::mapping::{Engine, target_type};
use super::super::name::{Dialect, ObjectName};
use super::super::sql::{CreateTable, NewColumn};

#[derive(Clone, Debug)]
pub struct HandTable {
    /// As an inspection of the target would find it, under the name that is written.
    pub table: Table,
    pub text: CreateTable,
    dialect: Dialect,
}

impl HandTable {
    /// # Errors
    /// Why the text cannot be read.
    pub fn read(text: &str, dialect: Dialect) -> Result<HandTable, String> {
        let text = CreateTable::read(text, dialect)?;
        let columns = text.columns.iter().map(|column| meant(column, dialect)).collect();
        let name = ObjectName::new(text.schema.clone().unwrap_or_default(), text.name.as_str());
        let table = Table::new(name, columns);
        Ok(HandTable { table, text, dialect })
    }

    /// The column that a name of ours means: unquoted names are folded by PostgreSQL.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.table.columns.iter().find(|column| self.is_named(name, &column.name))
    }

    #[must_use]
    pub fn is_named(&self, ours: &str, theirs: &str) -> bool {
        match self.dialect {
            Dialect::Postgres => ours == theirs,
            Dialect::Mysql | Dialect::Sqlite => ours.to_lowercase() == theirs.to_lowercase(),
        }
    }

    /// Does it make `target`? A name without a schema is taken for the one that is written.
    #[must_use]
    pub fn makes(&self, target: &ObjectName) -> bool {
        self.is_named(&target.name, &self.table.name.name)
            && (self.table.name.schema.is_empty()
                || self.is_named(&target.schema, &self.table.name.schema))
    }
}

fn meant(column: &NewColumn, dialect: Dialect) -> Column {
    let plain = Engine::plain(dialect);
    let known =
        target_type(Engine { mariadb: true, version_num: u32::MAX, ..plain }, &column.declared);
    let (declared, logical) = known.unwrap_or_else(|_| {
        (column.declared.clone(), LogicalType::Other(column.declared.to_lowercase()))
    });
    let generated = || Generated { expression: String::new(), stored: true };
    Column {
        not_null: column.not_null,
        default: column.has_default.then(String::new),
        generated: column.generated.then(generated),
        identity: column.identity.then_some(Identity::ByDefault),
        ..Column::new(column.name.clone(), declared, logical)
    }
}
