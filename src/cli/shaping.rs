//! Flags about single tables as the entries of a job file that they stand for.

use super::args::{Order, ShapeArgs};
use super::failure::Failure;
use crate::core::spec::{LoadOrder, ObjectClass, Shaping, TableExists, TableShape};

/// The file's wishes with the flags on top.
///
/// # Errors
/// `Usage` with the flag that cannot be read.
pub fn overlaid(base: &Shaping, flags: &ShapeArgs) -> Result<Shaping, Failure> {
    let above = entries(flags)?;
    let wrong = |error: String| Failure::usage(error);
    let mut made = base.overlaid(&above).map_err(wrong)?;
    if let Some(order) = flags.order {
        made.order = match order {
            Order::Largest => LoadOrder::Largest,
            Order::Smallest => LoadOrder::Smallest,
            Order::Listed => LoadOrder::Listed,
        };
    }
    if !flags.only.is_empty() {
        made.objects.only = classes("--only", &flags.only)?;
    }
    if !flags.leave_out.is_empty() {
        made.objects.leave_out = classes("--leave-out", &flags.leave_out)?;
    }
    Ok(made)
}

/// One entry a table, in the order of the flags.
fn entries(flags: &ShapeArgs) -> Result<Vec<TableShape>, Failure> {
    let mut made = Entries::default();
    for flag in &flags.filter {
        let (table, text) = split("--where", flag, "crm.orders=placed > '2024-01-01'")?;
        made.of(table).filter = Some(text.to_owned());
    }
    for flag in &flags.sample {
        let (table, text) = split("--sample", flag, "crm.orders=10")?;
        let percent = text.trim_end_matches('%').trim().parse().map_err(|_| {
            Failure::usage(format!("--sample {flag:?}: a whole number from 1 to 99 is wanted"))
        })?;
        made.of(table).sample = Some(percent);
    }
    for flag in &flags.rename {
        let (table, name) = split("--rename", flag, "crm.orders=orders_2024")?;
        made.of(table).rename = Some(name.to_owned());
    }
    for flag in &flags.columns {
        let (table, names) = split("--columns", flag, "crm.orders=id,total")?;
        made.of(table).columns.extend(list(names));
    }
    for flag in &flags.without {
        let (table, names) = split("--without", flag, "crm.orders=legacy_blob")?;
        made.of(table).leave_out.extend(list(names));
    }
    for flag in &flags.expression {
        let (table, column, text) = column("--expression", flag, "crm.customers.email=md5(email)")?;
        made.of(table).expressions.insert(column.to_owned(), text.to_owned());
    }
    for flag in &flags.rename_column {
        let (table, column, name) =
            column("--rename-column", flag, "crm.customers.email=email_hash")?;
        made.of(table).column_names.insert(column.to_owned(), name.to_owned());
    }
    for flag in &flags.table_exists {
        let (table, word) = split("--table-exists", flag, "crm.orders=truncate")?;
        made.of(table).if_exists = Some(policy(flag, word)?);
    }
    for flag in &flags.ddl {
        let (table, path) = split("--ddl", flag, "crm.orders=orders.sql")?;
        let text = std::fs::read_to_string(path)
            .map_err(|error| Failure::usage(format!("--ddl {flag:?}: {path}: {error}")))?;
        made.of(table).ddl = Some(text);
    }
    Ok(made.0)
}

#[derive(Default)]
struct Entries(Vec<TableShape>);

impl Entries {
    fn of(&mut self, table: &str) -> &mut TableShape {
        let at = self.0.iter().position(|shape| shape.table == table).unwrap_or_else(|| {
            self.0.push(TableShape::of(table));
            self.0.len() - 1
        });
        &mut self.0[at]
    }
}

fn split<'a>(name: &str, flag: &'a str, like: &str) -> Result<(&'a str, &'a str), Failure> {
    let parts = flag.split_once('=').map(|(table, text)| (table.trim(), text.trim()));
    parts.filter(|(table, text)| !table.is_empty() && !text.is_empty()).ok_or_else(|| {
        let form = like.split_once('=').map_or(like, |(table, _)| table);
        Failure::usage(format!("{name} {flag:?} is not {form}=..."))
            .with_hint(format!("As in {name} '{like}'."))
    })
}

fn column<'a>(
    name: &str,
    flag: &'a str,
    like: &str,
) -> Result<(&'a str, &'a str, &'a str), Failure> {
    let (place, text) = split(name, flag, like)?;
    match place.rsplit_once('.') {
        Some((table, column)) if !table.is_empty() && !column.is_empty() => {
            Ok((table, column, text))
        }
        _ => Err(Failure::usage(format!("{name} {flag:?} names no column as TABLE.COLUMN"))
            .with_hint(format!("As in {name} '{like}'."))),
    }
}

fn list(names: &str) -> impl Iterator<Item = String> + '_ {
    names.split(',').map(|name| name.trim().to_owned())
}

fn policy(flag: &str, word: &str) -> Result<TableExists, Failure> {
    match word {
        "stop" => Ok(TableExists::Stop),
        "skip" => Ok(TableExists::Skip),
        "append" => Ok(TableExists::Append),
        "truncate" => Ok(TableExists::Truncate),
        "replace" => Ok(TableExists::Replace),
        _ => Err(Failure::usage(format!("--table-exists {flag:?}: no such policy"))
            .with_hint("One of stop, skip, append, truncate, replace.")),
    }
}

fn classes(name: &str, words: &[String]) -> Result<Vec<ObjectClass>, Failure> {
    let all = words.iter().flat_map(|text| list(text));
    let class = |word: String| {
        let known = ObjectClass::ALL.into_iter().find(|class| class.word() == word);
        known.ok_or_else(|| {
            let words: Vec<&str> = ObjectClass::ALL.iter().map(|class| class.word()).collect();
            Failure::usage(format!("{name} {word:?}: no such kind"))
                .with_hint(format!("One of {}.", words.join(", ")))
        })
    };
    all.map(class).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::name::ObjectName;

    fn texts(list: &[&str]) -> Vec<String> {
        list.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn flags_become_entries_and_win_over_the_file() {
        let file = "[objects]\nleave_out = [\"view\"]\n[[table]]\ntable = \"crm.orders\"\n\
                    where = \"a\"\nsample = 50\n";
        let flags = ShapeArgs {
            filter: texts(&["crm.orders=state = 'new' and total >= 5"]),
            without: texts(&["crm.orders=blob, note"]),
            expression: texts(&["crm.orders.email=md5(email || '=')"]),
            rename_column: texts(&["crm.orders.email=hash"]),
            table_exists: texts(&["crm.orders=truncate"]),
            leave_out: texts(&["trigger,large_object"]),
            ..ShapeArgs::default()
        };
        let made = overlaid(&Shaping::parse(file).unwrap(), &flags).ok().unwrap();
        let shape = made.of(&ObjectName::new("crm", "orders"));
        assert_eq!(shape.filter.as_deref(), Some("state = 'new' and total >= 5"));
        assert_eq!((shape.sample, shape.leave_out.len()), (Some(50), 2));
        assert_eq!(shape.expressions["email"], "md5(email || '=')");
        assert_eq!(shape.column_names["email"], "hash");
        assert_eq!(shape.if_exists, Some(TableExists::Truncate));
        assert_eq!(made.objects.leave_out, [ObjectClass::Trigger, ObjectClass::LargeObject]);
    }

    #[test]
    fn each_bad_flag_is_one_clear_message() {
        let none = ShapeArgs::default;
        for (flags, word) in [
            (ShapeArgs { filter: texts(&["crm.orders"]), ..none() }, "--where"),
            (ShapeArgs { filter: texts(&["=x"]), ..none() }, "--where"),
            (ShapeArgs { sample: texts(&["t=all"]), ..none() }, "1 to 99"),
            (ShapeArgs { sample: texts(&["t=100"]), ..none() }, "1 to 99"),
            (ShapeArgs { expression: texts(&["email=x"]), ..none() }, "TABLE.COLUMN"),
            (ShapeArgs { table_exists: texts(&["t=drop"]), ..none() }, "no such policy"),
            (ShapeArgs { only: texts(&["tables"]), ..none() }, "no such kind"),
            (ShapeArgs { ddl: texts(&["t=/nowhere/x.sql"]), ..none() }, "/nowhere/x.sql"),
        ] {
            let failure = overlaid(&Shaping::default(), &flags).expect_err(word);
            assert!(failure.message.contains(word), "{}", failure.message);
        }
    }
}
