//! What schemas, tables and columns are called on the target, and what is to be said about it.
//!
//! Remapped schemas first. Then: SQLite's `main` and PostgreSQL's `public` are the home of what has
//! no other, and MySQL's home is the database its URL names. A database of MySQL keeps its name as
//! a schema of PostgreSQL; several schemas in one SQLite file put their name in front. Names that
//! are too long, or equal to another's on the target, get a suffix that depends on the name alone.

use std::collections::BTreeMap;

use super::super::catalog::{Catalog, Table};
use super::super::name::{Dialect, ObjectName};
use super::super::spec::{Content, Endpoint, JobSpec};
use super::super::sql::{Names, column_names, fit_name};
use super::{Finding, Severity};

/// Names shown in one finding.
const SHOWN: usize = 6;

/// Databases of a MySQL server that are its own.
const MYSQL_OWN: [&str; 4] = ["mysql", "sys", "information_schema", "performance_schema"];

/// The names of one job.
#[derive(Clone, Debug)]
pub struct Naming {
    source: Dialect,
    target: Dialect,
    remap: BTreeMap<String, String>,
    /// The database a MySQL target gets what has no other home.
    home: String,
    /// MySQL to MySQL: the database of the one URL becomes that of the other.
    swap: Option<(String, String)>,
    /// The schema whose tables need no prefix in a SQLite file.
    bare: Option<String>,
    folds: bool,
    given: BTreeMap<ObjectName, ObjectName>,
}

impl Naming {
    /// For the tables of a job; they get their names in one order, so that the same job gives the
    /// same names every time.
    #[must_use]
    pub fn new(spec: &JobSpec, selected: &[&Table]) -> Naming {
        let (source, target) = (spec.source.dialect, spec.target.dialect);
        let named = |end: &Endpoint| end.server().map(|s| s.database).filter(|d| !d.is_empty());
        let home = named(&spec.target).unwrap_or_else(|| stem(&spec.source.database()));
        let both = (source, target) == (Dialect::Mysql, Dialect::Mysql);
        let mut naming = Naming {
            source,
            target,
            remap: spec.remap_schemas.iter().map(|r| (r.from.clone(), r.to.clone())).collect(),
            home,
            swap: named(&spec.source).zip(named(&spec.target)).filter(|_| both),
            bare: None,
            folds: spec.rules.switches().folds(),
            given: BTreeMap::new(),
        };
        naming.bare = naming.bare_schema(spec, selected);
        naming.give(selected);
        naming
    }

    /// In a SQLite file: the only schema, else `public`, else the database of the source's URL.
    fn bare_schema(&self, spec: &JobSpec, selected: &[&Table]) -> Option<String> {
        let mut schemas: Vec<&str> = selected.iter().map(|t| t.name.schema.as_str()).collect();
        schemas.sort_unstable();
        schemas.dedup();
        match (schemas.as_slice(), self.source) {
            ([only], _) => Some((*only).to_owned()),
            (_, Dialect::Postgres) => Some("public".to_owned()),
            (_, Dialect::Mysql) => spec.source.server().map(|s| s.database),
            (_, Dialect::Sqlite) => Some("main".to_owned()),
        }
    }

    fn give(&mut self, selected: &[&Table]) {
        if self.source == self.target && !self.folds {
            return;
        }
        let mut names: Vec<&ObjectName> = selected.iter().map(|t| &t.name).collect();
        names.sort();
        let mut taken: BTreeMap<String, Names> = BTreeMap::new();
        for name in names {
            let wanted = self.wanted(name);
            let space = taken.entry(wanted.schema.clone());
            let space = space.or_insert_with(|| Names::new(self.target));
            let given = space.give(&wanted.name, &name.to_string());
            self.given.insert(name.clone(), ObjectName::new(wanted.schema, given));
        }
    }

    /// What a table, view or sequence of the source is called on the target.
    #[must_use]
    pub fn of(&self, name: &ObjectName) -> ObjectName {
        if let Some(given) = self.given.get(name) {
            return given.clone();
        }
        let wanted = self.wanted(name);
        match self.source == self.target {
            true => wanted,
            false => ObjectName::new(wanted.schema, fit_name(self.target, &wanted.name)),
        }
    }

    /// The name before its length and other names are looked at.
    fn wanted(&self, name: &ObjectName) -> ObjectName {
        let fold = |text: String| if self.folds { text.to_lowercase() } else { text };
        let schema = self.schema(&name.schema);
        if self.target != Dialect::Sqlite || self.source == Dialect::Sqlite {
            return ObjectName::new(fold(schema), fold(name.name.clone()));
        }
        let remapped = self.remap.get(&name.schema);
        let flat = match remapped {
            Some(to) if to == "main" => name.name.clone(),
            Some(to) => format!("{to}_{}", name.name),
            None if self.bare.as_ref() == Some(&name.schema) => name.name.clone(),
            None => format!("{}_{}", name.schema, name.name),
        };
        ObjectName::new("main", fold(flat))
    }

    /// What a schema is called on the target.
    #[must_use]
    pub fn schema(&self, schema: &str) -> String {
        if let Some(to) = self.remap.get(schema) {
            return to.clone();
        }
        let fitted = |name: &str| fit_name(self.target, name);
        match (self.source, self.target) {
            (Dialect::Sqlite, Dialect::Postgres) => "public".to_owned(),
            (Dialect::Sqlite, Dialect::Mysql) => fitted(&self.home),
            (Dialect::Postgres, Dialect::Mysql) if schema == "public" => fitted(&self.home),
            (Dialect::Mysql, Dialect::Mysql) => match &self.swap {
                Some((from, to)) if from == schema => to.clone(),
                _ => schema.to_owned(),
            },
            (_, Dialect::Sqlite) => "main".to_owned(),
            (source, target) if source == target => schema.to_owned(),
            _ => fitted(schema),
        }
    }
}

/// A file's name as the name of a database.
fn stem(database: &str) -> String {
    let stem = database.rsplit_once('.').map_or(database, |(stem, _)| stem);
    if stem.is_empty() { database.to_owned() } else { stem.to_owned() }
}

/// What the plan says about names: what gets a suffix, what cannot be.
#[must_use]
pub fn about_names(spec: &JobSpec, source: &Catalog, selected: &[&Table]) -> Vec<Finding> {
    let naming = Naming::new(spec, selected);
    let mut findings = Vec::new();
    findings.extend(idle_remaps(spec, source));
    findings.extend(fixed_remaps(spec));
    findings.extend(reserved(&naming, selected));
    if spec.source.dialect != spec.target.dialect || naming.folds {
        findings.extend(suffixed(&naming, selected));
        findings.extend(suffixed_columns(spec, selected));
    }
    findings
}

fn idle_remaps(spec: &JobSpec, source: &Catalog) -> Option<Finding> {
    let known = |schema: &String| source.schemas.iter().any(|s| s == schema);
    let idle: Vec<&str> =
        spec.remap_schemas.iter().filter(|r| !known(&r.from)).map(|r| r.from.as_str()).collect();
    let first = idle.first()?;
    Some(
        Finding::new(
            Severity::Block,
            "names",
            format!("a schema to be renamed is not on the source: {}", idle.join(", ")),
        )
        .with_detail("Nothing was touched. Names are compared as they are, case included.")
        .with_hint(format!("Correct --remap-schema {first}:... or leave it out.")),
    )
}

/// Between two servers of one kind the definitions are the source's own text.
fn fixed_remaps(spec: &JobSpec) -> Option<Finding> {
    let fixed = match (spec.source.dialect, spec.target.dialect) {
        (Dialect::Postgres, Dialect::Postgres) => spec.content != Content::DataOnly,
        (Dialect::Sqlite, Dialect::Sqlite) => true,
        _ => false,
    };
    let folds = spec.rules.switches().folds()
        && spec.source.dialect == spec.target.dialect
        && spec.content != Content::DataOnly;
    let what = match (fixed && !spec.remap_schemas.is_empty(), folds) {
        (true, _) => "schemas keep their names",
        (_, true) => "names keep their case",
        _ => return None,
    };
    let engine = spec.source.dialect.word();
    Some(
        Finding::new(Severity::Block, "names", format!("{what} between two {engine} databases"))
            .with_detail("Definitions are copied as the source has them, with their names inside.")
            .with_hint("Create the tables yourself and copy with --data-only, or rename later."),
    )
}

/// Names that mean something else on the target.
fn reserved(naming: &Naming, selected: &[&Table]) -> Vec<Finding> {
    if naming.source == naming.target {
        return Vec::new();
    }
    let mut findings: Vec<Finding> = Vec::new();
    let mut say = |message: String, hint: String| {
        if findings.iter().all(|f| f.message != message) {
            findings.push(Finding::new(Severity::Block, "names", message).with_hint(hint));
        }
    };
    for table in selected {
        let name = naming.of(&table.name);
        let schema = &table.name.schema;
        let own = match naming.target {
            Dialect::Mysql => MYSQL_OWN.contains(&name.schema.to_lowercase().as_str()),
            Dialect::Postgres => {
                name.schema.starts_with("pg_") || name.schema == "information_schema"
            }
            Dialect::Sqlite => false,
        };
        if own {
            let engine = naming.target.word();
            say(
                format!("{} is a name {engine} keeps for itself", name.schema),
                format!("Give another with --remap-schema {schema}:OTHER."),
            );
        }
        if naming.target == Dialect::Sqlite && name.name.to_lowercase().starts_with("sqlite_") {
            say(
                format!("{}: SQLite keeps names that begin with sqlite_ for itself", table.name),
                "Leave the table out with --exclude, or rename it.".to_owned(),
            );
        }
    }
    findings
}

fn suffixed(naming: &Naming, selected: &[&Table]) -> Option<Finding> {
    let changed = selected.iter().filter_map(|table| {
        let (wanted, given) = (naming.wanted(&table.name), naming.of(&table.name));
        let first = selected.iter().find(|other| naming.of(&other.name).name == wanted.name);
        let why = match first {
            Some(first) => format!("{} has that name there", first.name),
            None => "the name is too long, or taken but for its case".to_owned(),
        };
        let changed = wanted.name != given.name;
        changed.then(|| format!("{} becomes {given} ({why})", table.name))
    });
    let changed: Vec<String> = changed.collect();
    told(&changed, "table")
}

fn suffixed_columns(spec: &JobSpec, selected: &[&Table]) -> Option<Finding> {
    let folds = spec.rules.switches().folds();
    let mut changed = Vec::new();
    for table in selected {
        let names = column_names(spec.target.dialect, &table.columns, &spec.rules);
        for (column, given) in table.columns.iter().zip(names) {
            let wanted = if folds { column.name.to_lowercase() } else { column.name.clone() };
            if wanted != given {
                changed.push(format!("{}.{} becomes {given}", table.name, column.name));
            }
        }
    }
    told(&changed, "column")
}

fn told(changed: &[String], what: &str) -> Option<Finding> {
    let first = changed.first()?;
    let message = match changed.len() {
        1 => format!("a {what} gets another name: {first}"),
        n => format!("{n} {what}s get other names"),
    };
    let mut shown: Vec<String> = changed.iter().take(SHOWN).cloned().collect();
    if changed.len() > shown.len() {
        shown.push(format!("{} more", changed.len() - shown.len()));
    }
    let finding = Finding::new(Severity::Warn, "names", message).with_detail(shown.join("; "));
    Some(finding.with_hint("The suffix is the same every time. The plan shows every name."))
}
