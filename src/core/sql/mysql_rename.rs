//! A database of MySQL under another name, inside statements that name it.

use super::super::name::Dialect;
use super::quote;
use super::token::{Token, tokens};

/// `text` with every `from.` in front of a name as `to.`. Strings and comments are left alone.
#[must_use]
pub fn mysql_database_renamed(text: &str, from: &str, to: &str) -> String {
    if from == to {
        return text.to_owned();
    }
    let all = tokens(text, Dialect::Mysql);
    let is_dot = |at: usize| all.get(at).is_some_and(|t| t.token.is_sign("."));
    let (mut made, mut copied) = (String::with_capacity(text.len()), 0);
    for (at, spanned) in all.iter().enumerate() {
        let named = match &spanned.token {
            Token::Word(name) | Token::Quoted(name) => name == from,
            _ => false,
        };
        let first = at == 0 || !is_dot(at - 1);
        if named && first && is_dot(at + 1) {
            made.push_str(&text[copied..spanned.start]);
            made.push_str(&quote(Dialect::Mysql, to));
            copied = spanned.end;
        }
    }
    made.push_str(&text[copied..]);
    made
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_in_front_of_a_dot_are_the_database() {
        for (text, expected) in [
            ("select `a`.`t`.`a` from `a`.`t`", "select `b``2`.`t`.`a` from `b``2`.`t`"),
            ("CREATE TRIGGER a.tr on a . t", "CREATE TRIGGER `b``2`.tr on `b``2` . t"),
            ("select t.a, a from t -- a.b", "select t.a, a from t -- a.b"),
            ("select 'a.t', \"a.t\"", "select 'a.t', \"a.t\""),
            ("select x.a.y", "select x.a.y"),
        ] {
            assert_eq!(mysql_database_renamed(text, "a", "b`2"), expected);
        }
        assert_eq!(mysql_database_renamed("a.t", "a", "a"), "a.t");
    }
}
