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
    /// Names that were asked for, table by table.
    asked: BTreeMap<ObjectName, ObjectName>,
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
            asked: BTreeMap::new(),
        };
        naming.bare = naming.bare_schema(spec, selected);
        naming.ask(spec, selected);
        naming.give(selected);
        naming
    }

    /// Names of `[[table]]` entries, in the schema the table would have unless they say another.
    fn ask(&mut self, spec: &JobSpec, selected: &[&Table]) {
        if spec.shaping.tables.iter().all(|shape| shape.rename.is_none()) {
            return;
        }
        for table in selected {
            let Some(name) = spec.shaping.of(&table.name).rename else { continue };
            let wanted = self.wanted(&table.name);
            let asked = match name.split_once('.') {
                Some(("main", name)) if self.target == Dialect::Sqlite => {
                    ObjectName::new("main", name)
                }
                Some((schema, name)) if self.target != Dialect::Sqlite => {
                    ObjectName::new(schema, name)
                }
                _ => ObjectName::new(wanted.schema, name),
            };
            self.given.insert(table.name.clone(), asked.clone());
            self.asked.insert(table.name.clone(), asked);
        }
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
        // The others make room for names that were asked for.
        for (name, asked) in &self.asked {
            let space = taken.entry(asked.schema.clone());
            let space = space.or_insert_with(|| Names::new(self.target));
            let given = space.give(&asked.name, &name.to_string());
            self.given.insert(name.clone(), ObjectName::new(asked.schema.as_str(), given));
        }
        names.retain(|name| !self.asked.contains_key(*name));
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
    let unasked = selected.iter().filter(|table| !naming.asked.contains_key(&table.name));
    let changed = unasked.filter_map(|table| {
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
        let asked = spec.shaping.of(&table.name).column_names;
        let names = column_names(spec.target.dialect, &table.columns, &spec.rules, &asked);
        for (column, given) in table.columns.iter().zip(names) {
            let wanted = if folds { column.name.to_lowercase() } else { column.name.clone() };
            if wanted != given && !asked.contains_key(&column.name) {
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

#[cfg(test)]
mod tests {
    use super::super::super::mapping::MapRules;
    use super::super::super::spec::SchemaRemap;
    use super::super::fixture;
    use super::*;

    const PG: Dialect = Dialect::Postgres;
    const MY: Dialect = Dialect::Mysql;
    const LI: Dialect = Dialect::Sqlite;

    fn spec(from: Dialect, to: Dialect, urls: [&str; 2]) -> JobSpec {
        let mut spec = fixture::spec(from, to);
        spec.source.url = urls[0].to_owned();
        spec.target.url = urls[1].to_owned();
        spec
    }

    fn names(spec: &JobSpec, tables: &[&str]) -> Vec<String> {
        let source = fixture::catalog(tables);
        let selected: Vec<&Table> = source.tables.iter().collect();
        let naming = Naming::new(spec, &selected);
        selected.iter().map(|t| naming.of(&t.name).to_string()).collect()
    }

    #[test]
    fn schemas_in_all_nine_directions() {
        let pg = "postgres://a@h:5432/shop";
        let my = "mysql://a@h:3306/crm";
        let none = "mysql://a@h:3306/";
        let li = "sqlite:/data/old.shop.db";
        for (from, to, urls, table, there) in [
            (PG, PG, [pg, pg], "geo.t", "geo.t"),
            (PG, MY, [pg, my], "public.t", "crm.t"),
            (PG, MY, [pg, none], "public.t", "shop.t"),
            (PG, MY, [pg, my], "geo.t", "geo.t"),
            (PG, LI, [pg, li], "geo.t", "main.t"),
            (MY, PG, [my, pg], "crm.t", "crm.t"),
            (MY, MY, [my, my], "crm.t", "crm.t"),
            (MY, MY, [my, "mysql://a@h2:3306/crm2"], "crm.t", "crm2.t"),
            (MY, MY, [my, "mysql://a@h2:3306/crm2"], "geo.t", "geo.t"),
            (MY, MY, [none, my], "geo.t", "geo.t"),
            (MY, LI, [my, li], "crm.t", "main.t"),
            (LI, PG, [li, pg], "main.t", "public.t"),
            (LI, MY, [li, my], "main.t", "crm.t"),
            (LI, MY, [li, none], "main.t", "old.shop.t"),
            (LI, LI, [li, li], "main.t", "main.t"),
        ] {
            assert_eq!(names(&spec(from, to, urls), &[table]), [there], "{from:?} {to:?} {urls:?}");
        }
    }

    #[test]
    fn a_remapped_schema_comes_before_every_rule() {
        let remapped = |from, to, name: &str| {
            let mut spec = spec(from, to, ["postgres://a@h:5432/shop", "mysql://a@h:3306/crm"]);
            spec.remap_schemas =
                vec![SchemaRemap { from: "public".to_owned(), to: name.to_owned() }];
            names(&spec, &["public.a", "geo.b"])
        };
        assert_eq!(remapped(PG, MY, "sales"), ["sales.a", "geo.b"]);
        assert_eq!(remapped(PG, LI, "sales"), ["main.sales_a", "main.geo_b"]);
        assert_eq!(remapped(PG, LI, "main"), ["main.a", "main.geo_b"]);
        let mut wrong = spec(PG, PG, ["postgres://a@h:5432/a", "postgres://a@h:5432/b"]);
        wrong.remap_schemas = vec![SchemaRemap { from: "nix".to_owned(), to: "x".to_owned() }];
        let source = fixture::catalog(&["public.a"]);
        let found = about_names(&wrong, &source, &[]);
        let blocks = |f: &Finding| f.severity == Severity::Block;
        assert_eq!(found.iter().filter(|f| blocks(f)).count(), 2, "{found:?}");
    }

    #[test]
    fn collisions_and_long_names_get_a_suffix_that_is_said() {
        let spec_of = |to| spec(PG, to, ["postgres://a@h:5432/shop", "mysql://a@h:3306/crm"]);
        let long = format!("public.{}", "n".repeat(70));
        let tables = ["geo.x_y", "geo_x.y", "public.T", "public.t", long.as_str()];
        let there = names(&spec_of(LI), &tables);
        assert_eq!(there[0], "main.geo_x_y");
        assert!(there[1].starts_with("main.geo_x_y_"), "{there:?}");
        assert!(there[3].starts_with("main.t_"), "{there:?}");
        assert_eq!(there[4].len(), "main.".len() + 70, "SQLite's names have no end");
        let on_mysql = names(&spec_of(MY), &tables);
        assert_eq!(on_mysql[4].len(), "crm.".len() + 64);
        assert_eq!(on_mysql, names(&spec_of(MY), &tables), "the same every time");
        let source = fixture::catalog(&tables);
        let selected: Vec<&Table> = source.tables.iter().collect();
        let found = about_names(&spec_of(MY), &source, &selected);
        assert_eq!(found.len(), 1, "{found:?}");
        let detail = found[0].detail.clone().unwrap_or_default();
        assert!(found[0].message.contains("2 tables"), "{found:?}");
        assert!(detail.contains("public.t becomes crm.t_"), "{detail}");
    }

    #[test]
    fn names_of_the_servers_own_are_refused() {
        for (from, to, table) in
            [(PG, MY, "sys.t"), (MY, PG, "pg_stuff.t"), (PG, LI, "public.sqlite_t")]
        {
            let source = fixture::catalog(&[table]);
            let selected: Vec<&Table> = source.tables.iter().collect();
            let found = about_names(&spec(from, to, ["", ""]), &source, &selected);
            assert_eq!(found.len(), 1, "{table}: {found:?}");
            assert_eq!(found[0].severity, Severity::Block);
        }
    }

    #[test]
    fn folding_lowers_names_and_keeps_them_apart() {
        let mut folding = spec(PG, MY, ["postgres://a@h:5432/shop", "mysql://a@h:3306/crm"]);
        folding.rules = MapRules::parse("[switches]\nfold_case = \"lower\"\n").unwrap();
        let there = names(&folding, &["public.Orders", "public.orders"]);
        assert_eq!(there[0], "crm.orders");
        assert!(there[1].starts_with("crm.orders_"), "{there:?}");
    }
}
