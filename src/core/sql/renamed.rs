//! Tables under other names inside definitions that are the source's own text.
//!
//! Only where a name can mean nothing else: PostgreSQL's dumps qualify every name, SQLite's own
//! text has names in three places. What might mean one of them elsewhere is refused, not guessed.

use std::collections::BTreeMap;

use super::super::name::{Dialect, ObjectName};
use super::token::{Spanned, Token, tokens};
use super::{literal, qualified, quote};

/// New names of relations by the old ones.
pub type Renames = BTreeMap<ObjectName, ObjectName>;

/// A statement of `pg_dump` with relations under other names.
///
/// # Errors
/// Where a name is spoken of in a way that cannot be followed.
pub fn postgres_renamed(text: &str, renames: &Renames) -> Result<String, String> {
    let all = tokens(text, Dialect::Postgres);
    let mut edits = Vec::new();
    let mut at = 0;
    while at < all.len() {
        let behind_dot = at > 0 && all[at - 1].token.is_sign(".");
        let pair = name_of(&all, at).zip(name_of(&all, at + 2));
        let dotted = all.get(at + 1).is_some_and(|t| t.token.is_sign("."));
        match (&all[at].token, pair) {
            (_, Some((schema, name))) if dotted && !behind_dot => {
                let called = all.get(at + 3).is_some_and(|t| t.token.is_sign("("))
                    && !in_front_of_columns(&all[..at]);
                match renames.get(&ObjectName::new(schema, name)) {
                    Some(new) if !called => {
                        edits.push((
                            all[at].start,
                            all[at + 2].end,
                            qualified(Dialect::Postgres, new),
                        ));
                        at += 3;
                        continue;
                    }
                    _ => {}
                }
            }
            (Token::Text(inner), _) => {
                if let Some(new) =
                    renames.iter().find_map(|(old, new)| is_text_of(inner, old).then_some(new))
                {
                    let text = literal(Dialect::Postgres, &qualified(Dialect::Postgres, new));
                    edits.push((all[at].start, all[at].end, text));
                } else if renames.keys().any(|old| speaks_of(inner, old)) {
                    return Err(format!("a text in it names the table: {inner:?}"));
                }
            }
            _ => {}
        }
        if let (Some(name), true, false) = (name_of(&all, at), dotted, behind_dot)
            && renames.keys().any(|old| old.name == name)
        {
            return Err(format!("it speaks of {name}.column"));
        }
        at += 1;
    }
    Ok(edited(text, &edits))
}

/// `INSERT INTO t (`, `REFERENCES t (`, `ON t (`: a list of columns, not arguments.
fn in_front_of_columns(before: &[Spanned]) -> bool {
    let words = ["REFERENCES", "TABLE", "INTO", "ON", "ONLY", "EXISTS"];
    before.last().is_some_and(|t| words.iter().any(|word| t.token.is_word(word)))
}

/// Is a text just this name, as in `'crm.orders_id_seq'::regclass`?
fn is_text_of(text: &str, name: &ObjectName) -> bool {
    text == name.to_string() || text == qualified(Dialect::Postgres, name)
}

fn speaks_of(text: &str, name: &ObjectName) -> bool {
    text.contains(&name.to_string()) || text.contains(&qualified(Dialect::Postgres, name))
}

/// A definition of SQLite's with tables under other names: behind TABLE, REFERENCES and the ON of
/// an index.
///
/// # Errors
/// As [`postgres_renamed`].
pub fn sqlite_renamed(text: &str, renames: &BTreeMap<String, String>) -> Result<String, String> {
    let all = tokens(text, Dialect::Sqlite);
    let word = |at: usize, word: &str| all.get(at).is_some_and(|t| t.token.is_word(word));
    let index = (0..3).any(|at| word(at, "INDEX"));
    let new_of = |name: &str| {
        renames.iter().find(|(old, _)| old.eq_ignore_ascii_case(name)).map(|(_, new)| new)
    };
    let mut edits = Vec::new();
    let mut on_seen = false;
    for at in 0..all.len() {
        let Some(name) = name_of(&all, at) else { continue };
        let Some(new) = new_of(name) else { continue };
        let mut before = at;
        if before >= 3 && word(before - 1, "EXISTS") && word(before - 2, "NOT") {
            before -= 3;
        }
        let named = before > 0
            && (word(before - 1, "TABLE")
                || word(before - 1, "REFERENCES")
                || index && !on_seen && word(before - 1, "ON"));
        on_seen |= index && before > 0 && word(before - 1, "ON");
        if named {
            edits.push((all[at].start, all[at].end, quote(Dialect::Sqlite, new)));
        } else if all.get(at + 1).is_some_and(|t| t.token.is_sign(".")) {
            return Err(format!("it speaks of {name}.column"));
        }
    }
    Ok(edited(text, &edits))
}

fn name_of(all: &[Spanned], at: usize) -> Option<&str> {
    match &all.get(at)?.token {
        Token::Word(name) | Token::Quoted(name) => Some(name),
        _ => None,
    }
}

fn edited(text: &str, edits: &[(usize, usize, String)]) -> String {
    let (mut made, mut copied) = (String::with_capacity(text.len()), 0);
    for (start, end, new) in edits {
        made.push_str(&text[copied..*start]);
        made.push_str(new);
        copied = *end;
    }
    made.push_str(&text[copied..]);
    made
}

#[cfg(test)]
mod tests {
    use super::*;

    fn postgres(text: &str) -> Result<String, String> {
        let pair = |from: (&str, &str), to: (&str, &str)| {
            (ObjectName::new(from.0, from.1), ObjectName::new(to.0, to.1))
        };
        let renames = Renames::from([
            pair(("crm", "orders"), ("sales", "Orders 2")),
            pair(("crm", "orders_id_seq"), ("sales", "orders_id_seq")),
        ]);
        postgres_renamed(text, &renames)
    }

    #[test]
    fn dumped_statements_follow_a_table() {
        for (text, made) in [
            ("CREATE TABLE crm.orders (a int)", "CREATE TABLE \"sales\".\"Orders 2\" (a int)"),
            (
                "CREATE INDEX orders ON crm.orders USING btree (orders)",
                "CREATE INDEX orders ON \"sales\".\"Orders 2\" USING btree (orders)",
            ),
            (
                "ALTER TABLE ONLY crm.items ADD CONSTRAINT f FOREIGN KEY (o) REFERENCES \
                 crm.orders(id)",
                "ALTER TABLE ONLY crm.items ADD CONSTRAINT f FOREIGN KEY (o) REFERENCES \
                 \"sales\".\"Orders 2\"(id)",
            ),
            (
                "ALTER TABLE ONLY crm.orders ALTER COLUMN id SET DEFAULT \
                 nextval('crm.orders_id_seq'::regclass)",
                "ALTER TABLE ONLY \"sales\".\"Orders 2\" ALTER COLUMN id SET DEFAULT \
                 nextval('\"sales\".\"orders_id_seq\"'::regclass)",
            ),
            (
                "ALTER SEQUENCE crm.orders_id_seq OWNED BY crm.orders.id",
                "ALTER SEQUENCE \"sales\".\"orders_id_seq\" OWNED BY \"sales\".\"Orders 2\".id",
            ),
            (
                "COMMENT ON TABLE crm.orders_x IS 'orders'",
                "COMMENT ON TABLE crm.orders_x IS 'orders'",
            ),
        ] {
            assert_eq!(postgres(text).as_deref(), Ok(made));
        }
        assert!(postgres("CREATE POLICY p ON crm.orders USING (x = orders.y)").is_err());
        assert!(postgres("CREATE RULE r AS DO NOTIFY 'crm.orders changed'").is_err());
    }

    #[test]
    fn sqlites_text_follows_a_table_in_three_places() {
        let renames = BTreeMap::from([("orders".to_owned(), "new".to_owned())]);
        for (text, made) in [
            (
                "CREATE TABLE IF NOT EXISTS [Orders] (orders int REFERENCES orders(id))",
                "CREATE TABLE IF NOT EXISTS \"new\" (orders int REFERENCES \"new\"(id))",
            ),
            (
                "CREATE UNIQUE INDEX orders ON orders(orders)",
                "CREATE UNIQUE INDEX orders ON \"new\"(orders)",
            ),
        ] {
            assert_eq!(sqlite_renamed(text, &renames).as_deref(), Ok(made));
        }
        assert!(sqlite_renamed("CREATE TABLE orders (a, CHECK (orders.a > 0))", &renames).is_err());
    }
}
