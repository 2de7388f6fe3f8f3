//! Tables of MySQL for MariaDB and the reverse: collations, clauses and types that only one of
//! them knows. Every change is listed in words; what cannot be said there is left out and listed.
//!
//! Collations decide which texts are equal, so a unique key may depend on them. Each gets the
//! nearest one that tells at least as many texts apart, and the list says which.

use super::super::name::Dialect;
use super::mysql_table::{Entry, EntryKind, MysqlTable};
use super::token::{Spanned, Token, tokens};

/// From which of the two to which.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flavour {
    /// The version's number as the catalogue has it: 101119 for 10.11.19.
    MariaDb(u32),
    Mysql,
}

/// UCA 14.0 collations came with MariaDB 10.10.
const UCA1400_SINCE: u32 = 101_000;

/// Languages of MySQL's UCA 9.0 collations and MariaDB's names for them.
const LANGUAGES: &[(&str, &str)] = &[
    ("is", "icelandic"),
    ("lv", "latvian"),
    ("ro", "romanian"),
    ("sl", "slovenian"),
    ("pl", "polish"),
    ("et", "estonian"),
    ("es", "spanish"),
    ("sv", "swedish"),
    ("tr", "turkish"),
    ("cs", "czech"),
    ("da", "danish"),
    ("lt", "lithuanian"),
    ("sk", "slovak"),
    ("es_trad", "spanish2"),
    ("la", "roman"),
    ("eo", "esperanto"),
    ("hu", "hungarian"),
    ("de_pb", "german2"),
    ("hr", "croatian"),
    ("vi", "vietnamese"),
];

/// How a collation of the other one is called on `to`; `None` when its own name will do.
#[must_use]
pub fn collation_on(to: Flavour, collation: &str) -> Option<String> {
    match to {
        Flavour::MariaDb(version) => collation_on_mariadb(collation, version),
        Flavour::Mysql => collation_on_mysql(collation),
    }
}

fn collation_on_mariadb(collation: &str, version: u32) -> Option<String> {
    let rest = collation.strip_prefix("utf8mb4_")?;
    if rest == "0900_bin" {
        return Some("utf8mb4_nopad_bin".to_owned());
    }
    let (language, strength) = match rest.split_once("_0900_") {
        Some((language, strength)) => (language, strength),
        None => ("", rest.strip_prefix("0900_")?),
    };
    if version < UCA1400_SINCE {
        // Older ones know no collation that minds accents but not case.
        let plain = strength == "ai_ci" && language.is_empty();
        let name = if plain { "utf8mb4_unicode_520_nopad_ci" } else { "utf8mb4_nopad_bin" };
        return Some(name.to_owned());
    }
    let strength = if strength == "as_cs_ks" { "as_cs" } else { strength };
    let language = LANGUAGES.iter().find(|(short, _)| *short == language);
    let language = language.map_or(String::new(), |(_, name)| format!("{name}_"));
    Some(format!("utf8mb4_uca1400_{language}nopad_{strength}"))
}

fn collation_on_mysql(collation: &str) -> Option<String> {
    let (charset, rest) = collation.split_once('_').unwrap_or(("utf8mb4", collation));
    if let Some(rest) = collation.split_once("uca1400_").map(|(_, rest)| rest) {
        let rest = rest.replace("nopad_", "");
        let mut language = "";
        let mut strength = rest.as_str();
        if let Some((short, long)) =
            LANGUAGES.iter().find(|(_, long)| rest.starts_with(&format!("{long}_")))
        {
            language = short;
            strength = &rest[long.len() + 1..];
        }
        if charset != "utf8mb4" && collation.starts_with("utf8mb3") {
            let binary = strength.ends_with("_cs") || strength.starts_with("as_");
            let name = if binary { "utf8mb3_bin" } else { "utf8mb3_unicode_520_ci" };
            return Some(name.to_owned());
        }
        // MySQL has as_ci for the root only.
        let (language, strength) = match (language, strength) {
            ("", known) => (String::new(), known),
            (short, "as_ci") => (format!("{short}_"), "as_cs"),
            (short, known) => (format!("{short}_"), known),
        };
        return Some(format!("utf8mb4_{language}0900_{strength}"));
    }
    match rest {
        "nopad_bin" if charset == "utf8mb4" => return Some("utf8mb4_0900_bin".to_owned()),
        "croatian_mysql561_ci" => return Some(format!("{charset}_croatian_ci")),
        "thai_520_w2" | "myanmar_ci" => return Some(format!("{charset}_unicode_520_ci")),
        _ => {}
    }
    rest.contains("nopad_").then(|| format!("{charset}_{}", rest.replace("nopad_", "")))
}

/// Makes `table` one that `to` understands. What was changed, in words.
pub fn adapt(table: &mut MysqlTable, to: Flavour) -> Vec<String> {
    let mut changes = Vec::new();
    let mut kept = Vec::new();
    for mut definition in std::mem::take(&mut table.entries) {
        let kept_here = match to {
            Flavour::MariaDb(_) => for_mariadb(&mut definition, &mut changes),
            Flavour::Mysql => for_mysql(&mut definition, &mut changes),
        };
        if kept_here {
            definition.text = with_collations(&definition.text, to, &mut changes);
            kept.push(definition);
        }
    }
    table.entries = kept;
    table.options = options(&table.options, to, &mut changes);
    table.options = with_collations(&table.options, to, &mut changes);
    let mut seen = std::collections::BTreeSet::new();
    changes.retain(|change| seen.insert(change.clone()));
    changes
}

/// The word after COLLATE, one after the other.
fn with_collations(text: &str, to: Flavour, changes: &mut Vec<String>) -> String {
    let all = tokens(text, Dialect::Mysql);
    let mut made = String::new();
    let mut copied = 0;
    for (at, spanned) in all.iter().enumerate() {
        if !spanned.token.is_word("COLLATE") {
            continue;
        }
        let equals = all.get(at + 1).is_some_and(|t| t.token.is_sign("="));
        let Some(named) = all.get(at + 1 + usize::from(equals)) else { continue };
        let Token::Word(name) = &named.token else { continue };
        if let Some(other) = collation_on(to, name) {
            made.push_str(&text[copied..named.start]);
            made.push_str(&other);
            copied = named.end;
            changes.push(format!("collation {name} becomes {other}"));
        }
    }
    made.push_str(&text[copied..]);
    made
}

/// MySQL's definition for MariaDB. False: it is left out.
fn for_mariadb(definition: &mut Entry, changes: &mut Vec<String>) -> bool {
    let text = &definition.text;
    match &definition.kind {
        EntryKind::Check if text.contains("NOT ENFORCED") => {
            changes.push(format!("check {} is left out: it is not enforced", definition.name));
            return false;
        }
        EntryKind::Index { .. } | EntryKind::PrimaryKey
            if definition.columns.iter().any(String::is_empty) =>
        {
            changes.push(format!("index {} is left out: it has expressions", definition.name));
            return false;
        }
        EntryKind::Index { .. } => {
            let hidden = replaced(text, "/*!80000 INVISIBLE */", "IGNORED");
            definition.text = hidden;
        }
        EntryKind::Column => {
            let mut made = replaced(text, "/*!80023 INVISIBLE */", "INVISIBLE");
            made = reference_system(&made);
            let generated = tokens(&made, Dialect::Mysql)
                .windows(2)
                .any(|p| p[0].token.is_word("GENERATED") && p[1].token.is_word("ALWAYS"));
            if generated && let Some(free) = without(&made, &["NOT", "NULL"]) {
                changes.push(format!("{} may be NULL there: it is generated", definition.name));
                made = free;
            }
            definition.text = made;
        }
        EntryKind::PrimaryKey
        | EntryKind::ForeignKey { .. }
        | EntryKind::Check
        | EntryKind::Other => {}
    }
    true
}

/// `/*!80003 SRID 4326 */` is `REF_SYSTEM_ID=4326` on MariaDB.
fn reference_system(text: &str) -> String {
    let Some((before, rest)) = text.split_once("/*!80003 SRID ") else { return text.to_owned() };
    let Some((number, after)) = rest.split_once(" */") else { return text.to_owned() };
    format!("{before}REF_SYSTEM_ID={number}{after}")
}

/// MariaDB's definition for MySQL. False: it is left out.
fn for_mysql(definition: &mut Entry, changes: &mut Vec<String>) -> bool {
    match &definition.kind {
        EntryKind::Other => {
            changes.push("PERIOD is left out: MySQL keeps no history of rows".to_owned());
            false
        }
        EntryKind::Index { .. } | EntryKind::PrimaryKey => {
            if let Some(text) = without(&definition.text, &["WITHOUT", "OVERLAPS"]) {
                definition.text = text;
                changes.push(format!("key {} may overlap there", definition.name));
            }
            definition.text = with_word(&definition.text, "IGNORED", "INVISIBLE");
            true
        }
        EntryKind::Column => {
            column_for_mysql(definition, changes);
            true
        }
        EntryKind::ForeignKey { .. } | EntryKind::Check => true,
    }
}

fn column_for_mysql(definition: &mut Entry, changes: &mut Vec<String>) {
    let name = definition.name.clone();
    for (own, there) in [
        ("uuid", "char(36) CHARACTER SET ascii COLLATE ascii_bin"),
        ("inet6", "varchar(39) CHARACTER SET ascii COLLATE ascii_bin"),
        ("inet4", "varchar(15) CHARACTER SET ascii COLLATE ascii_bin"),
    ] {
        let all = tokens(&definition.text, Dialect::Mysql);
        if let Some(second) = all.get(1).filter(|t| t.token.is_word(own)) {
            let after = definition.text[second.end..].to_owned();
            definition.text = format!("{}{there}{after}", &definition.text[..second.start]);
            changes.push(format!("{name} is {there} instead of {own}"));
        }
    }
    for clause in [&["WITHOUT", "SYSTEM", "VERSIONING"][..], &["WITH", "SYSTEM", "VERSIONING"]] {
        if let Some(text) = without(&definition.text, clause) {
            definition.text = text;
        }
    }
    for end in ["START", "END"] {
        if let Some(text) = without(&definition.text, &["GENERATED", "ALWAYS", "AS", "ROW", end]) {
            definition.text = text;
            changes.push(format!("{name} is a plain column: MySQL keeps no history of rows"));
        }
    }
    if let Some(text) = default_in_parentheses(&definition.text) {
        match tokens(&text, Dialect::Mysql).iter().any(|t| t.token.is_word("nextval")) {
            true => {
                changes.push(format!("the default of {name} is left out: MySQL has no sequences"));
                definition.text = without_default(&definition.text);
            }
            false => definition.text = text,
        }
    }
    if let Ok(all) = srid_for_mysql(&definition.text) {
        definition.text = all;
    }
}

fn srid_for_mysql(text: &str) -> Result<String, ()> {
    let all = tokens(text, Dialect::Mysql);
    let at = all.iter().position(|t| t.token.is_word("REF_SYSTEM_ID")).ok_or(())?;
    let number = all.get(at + 2).ok_or(())?;
    let (before, after) = (&text[..all[at].start], &text[number.end..]);
    Ok(format!("{before}SRID {}{after}", &text[number.start..number.end]))
}

/// Where the default's text stands: from behind DEFAULT to the clause after it.
fn default_span(all: &[Spanned]) -> Option<(usize, usize)> {
    const CLAUSES: &[&str] = &[
        "ON",
        "COMMENT",
        "CHECK",
        "INVISIBLE",
        "NOT",
        "AUTO_INCREMENT",
        "UNIQUE",
        "PRIMARY",
        "KEY",
        "CONSTRAINT",
        "REF_SYSTEM_ID",
    ];
    let begin = all.iter().position(|t| t.token.is_word("DEFAULT"))? + 1;
    let mut depth = 0;
    let mut end = begin;
    while let Some(spanned) = all.get(end) {
        match &spanned.token {
            Token::Sign("(") => depth += 1,
            Token::Sign(")") => depth -= 1,
            token if depth == 0 && CLAUSES.iter().any(|c| token.is_word(c)) => break,
            _ => {}
        }
        end += 1;
    }
    (end > begin).then_some((begin, end))
}

/// MySQL wants expressions in parentheses, and literals of long texts as well. `None`: nothing to
/// do.
fn default_in_parentheses(text: &str) -> Option<String> {
    let all = tokens(text, Dialect::Mysql);
    let (begin, end) = default_span(&all)?;
    let value = &all[begin..end];
    let long = |word: &str| word.ends_with("text") || word.ends_with("blob") || word == "json";
    let is_long = matches!(
        all.get(1).map(|t| &t.token),
        Some(Token::Word(word)) if long(&word.to_ascii_lowercase())
    );
    let first = &value.first()?.token;
    let moment = ["current_timestamp", "now", "localtimestamp", "localtime"];
    let null = first.is_word("NULL");
    let plain = match value {
        [one] => !matches!(one.token, Token::Word(_)) || null,
        [sign, _] if sign.token.is_sign("-") => true,
        _ => moment.iter().any(|word| first.is_word(word)),
    };
    let bare = moment.iter().any(|word| first.is_word(word));
    if first.is_sign("(") || bare || null || (plain && !is_long) {
        return None;
    }
    let (from, to) = (value.first()?.start, value.last()?.end);
    Some(format!("{}({}){}", &text[..from], &text[from..to], &text[to..]))
}

fn without_default(text: &str) -> String {
    let all = tokens(text, Dialect::Mysql);
    match default_span(&all) {
        Some((begin, end)) => {
            let after = text[all[end - 1].end..].trim_start();
            format!("{} {after}", text[..all[begin - 1].start].trim_end()).trim_end().to_owned()
        }
        None => text.to_owned(),
    }
}

/// Table options that one of them refuses.
fn options(text: &str, to: Flavour, changes: &mut Vec<String>) -> String {
    const MYSQL_ONLY: &[&str] = &[
        "TABLESPACE",
        "ENCRYPTION",
        "COMPRESSION",
        "AUTOEXTEND_SIZE",
        "ENGINE_ATTRIBUTE",
        "SECONDARY_ENGINE",
        "SECONDARY_ENGINE_ATTRIBUTE",
        "STORAGE",
        "START",
    ];
    const MARIADB_ONLY: &[&str] = &[
        "PAGE_CHECKSUM",
        "TRANSACTIONAL",
        "PAGE_COMPRESSED",
        "PAGE_COMPRESSION_LEVEL",
        "ENCRYPTED",
        "ENCRYPTION_KEY_ID",
        "WITH",
        "SEQUENCE",
    ];
    const MYSQL_ENGINES: &[&str] =
        &["InnoDB", "MyISAM", "MEMORY", "CSV", "ARCHIVE", "BLACKHOLE", "MRG_MyISAM", "FEDERATED"];
    let refused = if to == Flavour::Mysql { MARIADB_ONLY } else { MYSQL_ONLY };
    let all = tokens(text, Dialect::Mysql);
    let mut made = Vec::new();
    let mut at = 0;
    while at < all.len() {
        let len = option_len(&all[at..]);
        let words = &all[at..at + len];
        let span = &text[words[0].start..words[len - 1].end];
        at += len;
        if refused.iter().any(|word| words[0].token.is_word(word)) {
            changes.push(format!("{span} is left out"));
            continue;
        }
        let engine = words[0].token.is_word("ENGINE");
        if let (true, Flavour::Mysql, Some(Token::Word(name))) =
            (engine, to, words.last().map(|t| &t.token))
            && !MYSQL_ENGINES.iter().any(|known| known.eq_ignore_ascii_case(name))
        {
            changes.push(format!("{span} becomes ENGINE=InnoDB"));
            made.push("ENGINE=InnoDB".to_owned());
            continue;
        }
        made.push(span.to_owned());
    }
    made.join(" ")
}

/// Tokens of the option that begins here: `WITH SYSTEM VERSIONING`, `DEFAULT CHARSET=x`, `A=b`.
fn option_len(all: &[Spanned]) -> usize {
    if all[0].token.is_word("WITH") {
        return std::cmp::min(3, all.len());
    }
    match all.iter().position(|t| t.token.is_sign("=")) {
        // `TABLESPACE `x`` has no sign of its own.
        Some(sign) if sign <= 3 && !all[0].token.is_word("TABLESPACE") => {
            let list = all.get(sign + 1).is_some_and(|t| t.token.is_sign("("));
            let close = all.iter().position(|t| t.token.is_sign(")"));
            let end = if list { close.unwrap_or(sign + 1) } else { sign + 1 };
            std::cmp::min(end + 1, all.len())
        }
        _ => std::cmp::min(2, all.len()),
    }
}

fn replaced(text: &str, what: &str, with: &str) -> String {
    // Inside a literal the text would be a comment's or a default's own.
    let inside = tokens(text, Dialect::Mysql)
        .iter()
        .any(|t| matches!(&t.token, Token::Text(literal) if literal.contains(what)));
    if inside { text.to_owned() } else { text.replacen(what, with, 1) }
}

fn with_word(text: &str, word: &str, other: &str) -> String {
    let all = tokens(text, Dialect::Mysql);
    match all.iter().rposition(|t| t.token.is_word(word)) {
        Some(at) => format!("{}{other}{}", &text[..all[at].start], &text[all[at].end..]),
        None => text.to_owned(),
    }
}

/// `text` without these words in a row; `None` when they are not there.
fn without(text: &str, words: &[&str]) -> Option<String> {
    let all = tokens(text, Dialect::Mysql);
    let at = all
        .windows(words.len())
        .position(|window| window.iter().zip(words).all(|(t, word)| t.token.is_word(word)))?;
    let (before, after) = (&text[..all[at].start], &text[all[at + words.len() - 1].end..]);
    Some(format!("{}{after}", before.trim_end()))
}

#[cfg(test)]
mod tests;
