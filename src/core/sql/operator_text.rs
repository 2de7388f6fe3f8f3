//! SQL that an operator wrote, as far as it must be understood to be put somewhere: conditions,
//! expressions, names it mentions.

use super::super::name::Dialect;
use super::token::{Spanned, Token, tokens};

/// Is the text one expression that stays within the parentheses it is put into?
///
/// # Errors
/// What is wrong with it, as a phrase.
pub fn check_expression(text: &str, dialect: Dialect) -> Result<(), String> {
    let all = tokens(text, dialect);
    if all.is_empty() {
        return Err("there is no expression".to_owned());
    }
    let mut depth = 0_i32;
    for spanned in &all {
        match &spanned.token {
            Token::Sign("(") => depth += 1,
            Token::Sign(")") => depth -= 1,
            Token::Sign(";") => return Err("a ; ends the statement".to_owned()),
            _ => {}
        }
        if depth < 0 {
            return Err("a parenthesis is closed that was not opened".to_owned());
        }
    }
    if depth > 0 {
        return Err("a parenthesis is not closed".to_owned());
    }
    is_closed(text, &all)
}

/// A quote or comment that has no end would swallow what follows.
fn is_closed(text: &str, all: &[Spanned]) -> Result<(), String> {
    if let Some(Spanned { token: Token::Unknown(mark @ ('\'' | '"' | '`')), start, .. }) =
        all.last()
        && text[*start..].matches(*mark).count() % 2 == 1
    {
        return Err("a quote has no end".to_owned());
    }
    let inside = |at: usize| all.iter().any(|t| t.start <= at && at < t.end);
    let mut comments = text.match_indices("/*").filter(|(at, _)| !inside(*at));
    match comments.any(|(at, _)| !text[at..].contains("*/")) {
        true => Err("a comment has no end".to_owned()),
        false => Ok(()),
    }
}

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
    fn an_expression_stays_where_it_is_put() {
        for (text, fine) in [
            ("placed > '2024-01-01' and (a or b)", true),
            ("note like '%;%'", true),
            ("a) or (1 = 1", false),
            ("(a", false),
            ("1; drop table t", false),
            ("", false),
            ("-- nothing", false),
            ("a = 'x", false),
            ("a /* b", false),
            ("name = 'o''hara' -- the name", true),
            ("path like '%/*%' and x = E'a\\n'", true),
        ] {
            assert_eq!(check_expression(text, Dialect::Postgres).is_ok(), fine, "{text}");
        }
    }

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
