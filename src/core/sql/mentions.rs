//! Names that a piece of SQL mentions.

use super::super::name::Dialect;
use super::token::{Token, tokens};

/// Does `text` hold one of `names` as a word or a quoted name, whatever its case? It may mean
/// something else by it; it does not mean one of them when this is false.
#[must_use]
pub fn mentions(text: &str, names: &[&str]) -> bool {
    let lowered: Vec<String> = names.iter().map(|name| name.to_lowercase()).collect();
    // The widest reading: what is a name in one dialect is a text in another.
    [Dialect::Postgres, Dialect::Mysql].into_iter().any(|dialect| {
        tokens(text, dialect).iter().any(|spanned| match &spanned.token {
            Token::Word(word) | Token::Quoted(word) => lowered.contains(&word.to_lowercase()),
            _ => false,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_in_any_quoting_and_not_in_texts() {
        for (text, found) in [
            ("CHECK ((lower(email) <> ''))", true),
            ("`Email` is not null", true),
            ("x = 'email'", false),
            ("email_hash", false),
        ] {
            assert_eq!(mentions(text, &["email"]), found, "{text}");
        }
    }
}
