//! Rules and switches applied to a column: who wins, what it becomes, what it may cost.

use super::super::catalog::{Column, LogicalType, Table};
use super::super::name::{Dialect, ObjectName, matches_name, matches_word};
use super::convert::convert;
use super::patterns::{family, matches_type};
use super::rules::{BadRowPolicy, MapRule, MapRules, RuleApplied, Transform, Wanted};
use super::switched::{Proposal, proposal};
use super::target_type::{moment_type, target_type, uuid_type};
use super::{ColumnFit, Engine, Fit, FitRequest, Labels};

const OWN_DEFINITIONS: &str = "no rule changes a type between equal engines: the definitions are \
                               the source's own";

/// The column with what the job's rules and switches want of it.
pub(super) fn apply(request: &FitRequest<'_>, default: ColumnFit) -> ColumnFit {
    if request.rules.is_empty() {
        return default;
    }
    let (wanted, numbers) = effective(request);
    let by_rule = match rule_proposal(request, &wanted) {
        Ok(proposal) => proposal,
        Err(why) => return refused(request, default, &numbers, why),
    };
    if request.ends.are_equal() {
        return match by_rule {
            Some(_) => refused(request, default, &numbers, OWN_DEFINITIONS.to_owned()),
            None => default,
        };
    }
    let by_switch = proposal(request, &default);
    match (by_rule, by_switch) {
        (None, None) => default,
        (None, Some(switch)) => changed(request, default, switch),
        (Some(mut rule), switch) => {
            rule.by = rule_names(&numbers);
            let beaten = switch.filter(|s| s.to.is_some()).map(|s| s.by);
            let mut fit = changed(request, default, rule);
            if let Some(name) = beaten {
                fit.reason = format!("{}; the rule wins over {name}", fit.reason).into();
            }
            fit
        }
    }
}

/// `map rule 2`, `map rules 1 and 3`.
fn rule_names(numbers: &[usize]) -> String {
    match numbers {
        [one] => format!("map rule {one}"),
        many => {
            let texts: Vec<String> = many.iter().map(ToString::to_string).collect();
            format!("map rules {}", texts.join(" and "))
        }
    }
}

fn refused(
    request: &FitRequest<'_>,
    default: ColumnFit,
    numbers: &[usize],
    why: String,
) -> ColumnFit {
    let instead_of = default.declared.clone();
    ColumnFit {
        fit: Fit::Unsupported,
        reason: why.into(),
        rule: Some(RuleApplied { by: rule_names(numbers), instead_of }),
        declared: default.declared,
        logical: request.column.logical.clone(),
        transform: Transform::default(),
        labels: Labels::Unused,
    }
}

/// What the rules that match want together, with the numbers of those that count: of each thing
/// the most specific rule that says it.
fn effective(request: &FitRequest<'_>) -> (Wanted, Vec<usize>) {
    let mut matching: Vec<&MapRule> = request
        .rules
        .rules()
        .iter()
        .filter(|r| r.matches(request.ends.from.dialect, request.table, request.column))
        .collect();
    // Stable: of equals the first, and the plan says that they contradict each other.
    matching.sort_by_key(|rule| std::cmp::Reverse(rule.rank()));
    let mut wanted = Wanted::default();
    let mut numbers = Vec::new();
    let (mut ordered, mut typed) = (false, false);
    for rule in matching {
        let new = &rule.wanted;
        let mut counts = false;
        if new.to.is_some() && !typed {
            (wanted.to, typed, counts) = (new.to.clone(), true, true);
        }
        if (new.uuid || new.uuid_swapped) && !ordered {
            (wanted.uuid, wanted.uuid_swapped) = (new.uuid, new.uuid_swapped);
            (ordered, counts) = (true, true);
        }
        if new.zone.is_some() && wanted.zone.is_none() {
            (wanted.zone, counts) = (new.zone.clone(), true);
        }
        if new.zero_date_null && !wanted.zero_date_null {
            (wanted.zero_date_null, counts) = (true, true);
        }
        if counts {
            numbers.push(rule.number);
        }
    }
    numbers.sort_unstable();
    (wanted, numbers)
}

/// What rules make of the column; `None` when they want nothing of its type or values.
fn rule_proposal(request: &FitRequest<'_>, wanted: &Wanted) -> Result<Option<Proposal>, String> {
    let to = request.ends.to;
    let column = request.column;
    let mut proposal = Proposal::default();
    proposal.transform.zero_date_null = wanted.zero_date_null && has_zero_dates(request);
    let uuid = (wanted.uuid || wanted.uuid_swapped) && may_be_uuid(&column.logical);
    proposal.transform.uuid_swapped = wanted.uuid_swapped && uuid;
    let zoneless = column.logical == LogicalType::Timestamp { zoned: false };
    proposal.transform.zone = wanted.zone.clone().filter(|_| zoneless);
    proposal.to = match &wanted.to {
        Some(text) => Some(target_type(to, text)?),
        None if uuid => Some(uuid_type(to)),
        None if proposal.transform.zone.is_some() => Some(moment_type(to)),
        None => None,
    };
    if proposal.to.as_ref().is_some_and(|(_, logical)| *logical == LogicalType::Enum)
        && to.dialect == Dialect::Postgres
    {
        return Err("write enum = \"native\" as a switch, or the name of a type".to_owned());
    }
    let idle = proposal.to.is_none() && proposal.transform == Transform::default();
    Ok(if idle { None } else { Some(proposal) })
}

/// Columns that may hold `0000-00-00`.
pub(super) fn has_zero_dates(request: &FitRequest<'_>) -> bool {
    request.ends.from.dialect == Dialect::Mysql && is_moment(&request.column.logical)
}

fn is_moment(logical: &LogicalType) -> bool {
    matches!(logical, LogicalType::Date | LogicalType::Timestamp { .. })
}

fn may_be_uuid(logical: &LogicalType) -> bool {
    matches!(logical, LogicalType::Bytes { .. } | LogicalType::Text { .. } | LogicalType::Uuid)
}

/// The column as `proposal` has it.
fn changed(request: &FitRequest<'_>, default: ColumnFit, proposal: Proposal) -> ColumnFit {
    let instead_of = match default.fit {
        Fit::Unsupported => "nothing".to_owned(),
        _ => default.declared.clone(),
    };
    let rule = Some(RuleApplied { by: proposal.by, instead_of });
    let mut fit = default;
    fit.rule = rule;
    if let Some((declared, logical)) = proposal.to {
        (fit.declared, fit.logical, fit.labels) = (declared, logical, proposal.labels);
        let verdict = match proposal.verdict {
            Some(verdict) => Ok(verdict),
            None => verdict(request, &fit.logical, &proposal.transform),
        };
        match verdict {
            Ok((verdict, reason)) => (fit.fit, fit.reason) = (verdict, reason.into()),
            Err(why) => {
                fit.fit = Fit::Unsupported;
                let column = &request.column.declared;
                fit.reason = format!("{column} cannot become {}: {why}", fit.declared).into();
            }
        }
    }
    if proposal.transform.zero_date_null && fit.fit != Fit::Unsupported {
        fit.fit = Fit::Lossy;
        fit.reason = match request.column.not_null {
            true => "zero dates become NULL, and the column takes NULL".into(),
            false => "zero dates become NULL".into(),
        };
    }
    fit.transform = proposal.transform;
    fit
}

fn verdict(
    request: &FitRequest<'_>,
    logical: &LogicalType,
    transform: &Transform,
) -> Result<(Fit, &'static str), &'static str> {
    let to = request.ends.to.dialect;
    if let Some(zone) = &transform.zone
        && zone.contains('/')
        && to != Dialect::Postgres
    {
        return Err("only PostgreSQL knows zones by name: give an offset such as +02:00");
    }
    // In a zoneless column of MySQL moments are UTC's.
    let utc = LogicalType::Timestamp { zoned: true };
    match (to, transform.zone.is_some()) {
        (Dialect::Mysql, true) => convert(&request.column.logical, &utc, transform),
        _ => convert(&request.column.logical, logical, transform),
    }
}

impl MapRule {
    /// Is it about the whole of `table`, whatever its columns?
    fn matches_table(&self, table: &ObjectName) -> bool {
        let any = self.column.is_none() && self.source_type.is_none() && self.family.is_none();
        any && self.schema.as_deref().is_none_or(|p| matches_word(p, &table.schema))
            && self.table.as_deref().is_none_or(|p| matches_name(p, table))
    }

    /// Column before table before schema before type before family; a name before a pattern.
    pub(super) fn rank(&self) -> [u8; 5] {
        let weight = |part: &Option<String>| match part {
            None => 0,
            Some(text) if text.contains(['*', '?']) => 1,
            Some(_) => 2,
        };
        [
            weight(&self.column),
            weight(&self.table),
            weight(&self.schema),
            weight(&self.source_type),
            weight(&self.family),
        ]
    }

    /// Does the rule speak of this column of the source?
    #[must_use]
    pub fn matches(&self, from: Dialect, table: &ObjectName, column: &Column) -> bool {
        self.matches_typed(from, table, (&column.name, &column.declared, &column.logical))
    }

    /// As [`MapRule::matches`], of a column's name, declared type and meaning.
    fn matches_typed(
        &self,
        from: Dialect,
        table: &ObjectName,
        (name, declared, logical): (&str, &str, &LogicalType),
    ) -> bool {
        let holds =
            |part: &Option<String>, test: &dyn Fn(&str) -> bool| part.as_deref().is_none_or(test);
        holds(&self.schema, &|p| matches_word(p, &table.schema))
            && holds(&self.table, &|p| matches_name(p, table))
            && holds(&self.column, &|p| matches_word(p, name))
            && holds(&self.source_type, &|p| matches_type(p, from, declared))
            && holds(&self.family, &|p| matches_word(p, family(logical)))
    }
}

/// Rules that match no column of `tables`, or whose wish none of those can have.
#[must_use]
pub fn idle_rules<'a>(from: Dialect, tables: &[&Table], rules: &'a MapRules) -> Vec<&'a MapRule> {
    let works = |rule: &MapRule| {
        let Wanted { to, zero_date_null, zone, uuid, uuid_swapped, on_bad_row } = &rule.wanted;
        let of_any = to.is_some() || on_bad_row.is_some();
        let suits = |column: &Column| {
            of_any
                || (*zero_date_null && from == Dialect::Mysql && is_moment(&column.logical))
                || (zone.is_some() && column.logical == LogicalType::Timestamp { zoned: false })
                || ((*uuid || *uuid_swapped) && may_be_uuid(&column.logical))
        };
        tables.iter().any(|t| t.columns.iter().any(|c| rule.matches(from, &t.name, c) && suits(c)))
    };
    rules.rules().iter().filter(|rule| !works(rule)).collect()
}

/// Pairs of rules of one rank that want different things of a column, with the first such column.
#[must_use]
pub fn contradictions(from: Dialect, tables: &[&Table], rules: &MapRules) -> Vec<String> {
    let mut found = Vec::new();
    let list = rules.rules();
    for (at, second) in list.iter().enumerate() {
        let rivals = list[..at].iter().filter(|first| {
            first.rank() == second.rank() && first.wanted.contradicts(&second.wanted)
        });
        for first in rivals {
            let both = |t: &&&Table| {
                let both = |c: &&Column| {
                    first.matches(from, &t.name, c) && second.matches(from, &t.name, c)
                };
                t.columns.iter().find(both).map(|c| format!("{}.{}", t.name, c.name))
            };
            if let Some(column) = tables.iter().find_map(|t| both(&t)) {
                found.push(format!(
                    "map rules {} ({}) and {} ({}) both match {column} and want different things",
                    first.number,
                    first.pattern(),
                    second.number,
                    second.pattern()
                ));
            }
        }
    }
    found
}

/// Rules whose type the target does not know, in words.
#[must_use]
pub fn wrong_targets(to: Engine, rules: &MapRules) -> Vec<String> {
    let wrong = |rule: &MapRule| {
        let text = rule.wanted.to.as_ref()?;
        let error = target_type(to, text).err()?;
        Some(format!("map rule {} ({}): {error}", rule.number, rule.pattern()))
    };
    rules.rules().iter().filter_map(wrong).collect()
}

impl MapRules {
    /// What the rules say about rows of `table` that do not fit; with a column (its name, declared
    /// type and meaning), about rows that do not fit for its value.
    #[must_use]
    pub fn on_bad_row(
        &self,
        from: Dialect,
        table: &ObjectName,
        column: Option<(&str, &str, &LogicalType)>,
    ) -> Option<BadRowPolicy> {
        let speaks = |rule: &&MapRule| match column {
            Some(column) => rule.matches_typed(from, table, column),
            None => rule.matches_table(table),
        };
        let said = self.rules().iter().filter(|r| r.wanted.on_bad_row.is_some()).filter(speaks);
        said.max_by_key(|rule| rule.rank()).and_then(|rule| rule.wanted.on_bad_row)
    }
}
