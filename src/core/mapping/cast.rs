//! Tables of rules: which type becomes which, how well, and why. The first rule that matches wins.

use std::borrow::Cow;

use super::super::catalog::{Column, LogicalType};
use super::spelling::Spelling;
use super::{ColumnFit, Fit, Labels, Transform};

/// One line of a table.
pub(super) struct CastRule {
    /// Of the declared type's first word and of what it means.
    pub matches: fn(&str, &LogicalType) -> bool,
    /// The target's type. `{n}` is the length of the source's, `{p}` and `{s}` are its precision
    /// and scale, `{d}` the digits of a second in parentheses as PostgreSQL
    /// writes them (nothing for six), `{dd}` as MySQL does (nothing for none), `{labels}` quoted.
    pub to: &'static str,
    /// The target's meaning is the source's, whatever the target's parser would say.
    pub same: bool,
    pub fit: Fit,
    pub reason: &'static str,
}

/// `(word, meaning) => "type", Verdict, "reason";` where the pair is a pattern. `same` in front of
/// the type keeps the source's meaning.
macro_rules! casts {
    (@same same) => { true };
    (@same) => { false };
    ($(
        $pattern:pat $(if $guard:expr)? => $($same:ident)? $to:literal, $fit:ident, $reason:expr;
    )*) => {
        &[$(CastRule {
            matches: |word, meaning| matches!((word, meaning), $pattern $(if $guard)?),
            to: $to,
            same: casts!(@same $($same)?),
            fit: Fit::$fit,
            reason: $reason,
        }),*]
    };
}
pub(super) use casts;

/// What is known of a source column besides its meaning.
pub(super) struct Cast<'a> {
    pub column: &'a Column,
    pub rules: &'static [CastRule],
    /// Digits of a second where the declaration names none.
    pub second_digits: u32,
    /// What a declared type of the target means.
    pub parse: fn(&str) -> LogicalType,
}

impl Cast<'_> {
    /// What the first rule that matches makes of the column.
    pub fn apply(&self) -> ColumnFit {
        let spelling = Spelling::read(&self.column.declared);
        let meaning = &self.column.logical;
        let found = self.rules.iter().find(|rule| (rule.matches)(spelling.base(), meaning));
        let Some(rule) = found else { return ColumnFit::unsupported(self.column) };
        let declared = self.fill(rule.to, &spelling);
        let logical = if rule.same { meaning.clone() } else { (self.parse)(&declared) };
        ColumnFit {
            declared,
            logical,
            fit: rule.fit,
            reason: Cow::Borrowed(rule.reason),
            transform: Transform::default(),
            rule: None,
            labels: Labels::Unused,
        }
    }

    fn fill(&self, template: &str, spelling: &Spelling) -> String {
        if !template.contains('{') {
            return template.to_owned();
        }
        let number = |n: Option<i64>| n.map_or(String::new(), |n| n.to_string());
        let (mut length, mut precision, mut scale) = (None, None, None);
        match &self.column.logical {
            LogicalType::Text { max, .. }
            | LogicalType::Bytes { max }
            | LogicalType::Bits { max, .. } => length = max.map(i64::from),
            LogicalType::Decimal { precision: p, scale: s } => {
                precision = p.map(i64::from);
                scale = Some(s.map_or(0, i64::from));
            }
            _ => {}
        }
        let digits = spelling.numbers.first().copied().unwrap_or(i64::from(self.second_digits));
        let labels: Vec<String> = self.column.labels.iter().map(|l| mysql_label(l)).collect();
        template
            .replace("{n}", &number(length))
            .replace("{p}", &number(precision))
            .replace("{s}", &number(scale))
            .replace("{d}", &if digits == 6 { String::new() } else { format!("({digits})") })
            .replace("{dd}", &if digits == 0 { String::new() } else { format!("({digits})") })
            .replace("{labels}", &labels.join(","))
    }
}

/// A label as MySQL reads it under any `sql_mode` that keeps backslash escapes.
fn mysql_label(label: &str) -> String {
    format!("'{}'", label.replace('\\', "\\\\").replace('\'', "''"))
}
