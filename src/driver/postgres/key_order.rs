//! How the rows of a table are compared with a bound.
//!
//! The database compares, with the operators of the key's own index. They are named in full: the
//! search path of our sessions is empty, and an extension's type (citext) would otherwise be
//! compared as the type below it, in another order than the one its bounds were sorted in.

use sqlx::postgres::PgConnection;

use super::connect::Link;
use crate::core::chunk::KeyValues;
use crate::core::fault::{Fault, FaultKind};
use crate::core::name::{Dialect, ObjectName};
use crate::core::sql;

/// One column of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct KeyColumn {
    /// Quoted.
    pub name: String,
    /// With schema and modifier, as a cast wants it.
    pub type_name: String,
    /// Operators with their schema: `pg_catalog.<`.
    pub less: String,
    pub equal: String,
    pub at_least: String,
}

/// The order of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct KeyOrder(pub Vec<KeyColumn>);

impl KeyOrder {
    /// Asks the catalogue.
    ///
    /// # Errors
    /// `ObjectMissing` when the table has no such key any more: then ranges prove nothing.
    pub async fn read(
        link: &Link,
        on: &mut PgConnection,
        table: &ObjectName,
        columns: &[String],
    ) -> Result<KeyOrder, Fault> {
        let text = include_str!("../../../assets/sql/postgres/key_order.sql");
        let query = sqlx::query(text).bind(&table.schema).bind(&table.name).bind(columns);
        let rows = query.fetch_all(on).await.map_err(|e| link.fault(&e))?;
        let mut order = Vec::with_capacity(rows.len());
        for row in &rows {
            if !link.get::<bool>(row, "not_null")? {
                return Err(no_key(link, table, columns));
            }
            order.push(KeyColumn {
                name: sql::quote(Dialect::Postgres, &link.get::<String>(row, "name")?),
                type_name: link.get(row, "type_name")?,
                less: link.get(row, "less")?,
                equal: link.get(row, "equal")?,
                at_least: link.get(row, "at_least")?,
            });
        }
        if order.len() == columns.len() && !order.is_empty() {
            Ok(KeyOrder(order))
        } else {
            Err(no_key(link, table, columns))
        }
    }

    /// `key < bound`.
    pub fn below(&self, bound: &[String]) -> String {
        self.compare(bound, Half::Below)
    }

    /// `key >= bound`.
    pub fn from(&self, bound: &[String]) -> String {
        self.compare(bound, Half::From)
    }

    /// `key = one of keys`; no row for none.
    pub fn one_of(&self, keys: &[KeyValues]) -> String {
        let pair = |(c, value): (&KeyColumn, &String)| {
            format!("{} OPERATOR({}) {}", c.name, c.equal, cast(c, value))
        };
        let row = |key: &KeyValues| {
            let pairs: Vec<String> = self.0.iter().zip(key).map(pair).collect();
            format!("({})", pairs.join(" AND "))
        };
        match keys {
            [] => "false".to_owned(),
            keys => keys.iter().map(row).collect::<Vec<_>>().join(" OR "),
        }
    }

    /// `ORDER BY` list.
    pub fn sorting(&self) -> String {
        let by = |c: &KeyColumn| format!("{} USING OPERATOR({})", c.name, c.less);
        self.0.iter().map(by).collect::<Vec<_>>().join(", ")
    }

    /// A row comparison, which an index answers; where the columns' operators have different
    /// names it is spelled out column by column.
    fn compare(&self, bound: &[String], half: Half) -> String {
        let values: Vec<String> = self.0.iter().zip(bound).map(|(c, v)| cast(c, v)).collect();
        let first = half.operator(&self.0[0]);
        if self.0.iter().all(|c| half.operator(c) == first) {
            let names: Vec<&str> = self.0.iter().map(|c| c.name.as_str()).collect();
            return format!("({}) OPERATOR({first}) ({})", names.join(", "), values.join(", "));
        }
        let mut text = String::new();
        for (i, (column, value)) in self.0.iter().zip(&values).enumerate().rev() {
            let KeyColumn { name, less, equal, .. } = column;
            text = if i + 1 == self.0.len() {
                format!("{name} OPERATOR({}) {value}", half.operator(column))
            } else {
                // `a > x` is `x < a`: one operator fewer to know.
                let beyond = match half {
                    Half::Below => format!("{name} OPERATOR({less}) {value}"),
                    Half::From => format!("{value} OPERATOR({less}) {name}"),
                };
                format!("({beyond} OR ({name} OPERATOR({equal}) {value} AND {text}))")
            };
        }
        text
    }
}

/// Which side of a bound.
#[derive(Clone, Copy)]
enum Half {
    Below,
    From,
}

impl Half {
    fn operator(self, column: &KeyColumn) -> &str {
        match self {
            Half::Below => &column.less,
            Half::From => &column.at_least,
        }
    }
}

fn cast(column: &KeyColumn, value: &str) -> String {
    format!("{}::{}", sql::literal(Dialect::Postgres, value), column.type_name)
}

fn no_key(link: &Link, table: &ObjectName, columns: &[String]) -> Fault {
    Fault::new(
        FaultKind::ObjectMissing,
        link.side,
        format!("{table} has no B-tree key ({}) without nulls any more", columns.join(", ")),
    )
    .with_hint("Create the index again, or begin the table again so that it is cut another way.")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(name: &str, type_name: &str, schema: &str) -> KeyColumn {
        KeyColumn {
            name: format!("\"{name}\""),
            type_name: type_name.to_owned(),
            less: format!("{schema}.<"),
            equal: format!("{schema}.="),
            at_least: format!("{schema}.>="),
        }
    }

    #[test]
    fn equal_operators_make_a_row_comparison() {
        let order =
            KeyOrder(vec![column("a", "integer", "pg_catalog"), column("b", "text", "pg_catalog")]);
        let bound = ["1".to_owned(), "o'k".to_owned()];
        assert_eq!(
            order.from(&bound),
            r#"("a", "b") OPERATOR(pg_catalog.>=) ('1'::integer, 'o''k'::text)"#
        );
    }

    #[test]
    fn different_operators_are_spelled_out() {
        let order = KeyOrder(vec![
            column("a", "integer", "pg_catalog"),
            column("b", "public.citext", "public"),
        ]);
        let bound = ["1".to_owned(), "x".to_owned()];
        let below = concat!(
            r#"("a" OPERATOR(pg_catalog.<) '1'::integer "#,
            r#"OR ("a" OPERATOR(pg_catalog.=) '1'::integer "#,
            r#"AND "b" OPERATOR(public.<) 'x'::public.citext))"#
        );
        let from = concat!(
            r#"('1'::integer OPERATOR(pg_catalog.<) "a" "#,
            r#"OR ("a" OPERATOR(pg_catalog.=) '1'::integer "#,
            r#"AND "b" OPERATOR(public.>=) 'x'::public.citext))"#
        );
        assert_eq!(order.below(&bound), below);
        assert_eq!(order.from(&bound), from);
    }
}
