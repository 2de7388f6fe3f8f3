//! The job file and the flags about types: what the file says where no flag does, and both as
//! rules.

use std::fmt::Write as _;

use super::args::{AccessPath, ContentWord, IfExists, SpecArgs};
use super::failure::Failure;
use super::shaping;
use crate::config::{FileContent, FileEnd, FileKind, FilePolicy, FileRejects, JobFile};
use crate::core::mapping::Engine;
use crate::core::mapping::{MapRules, is_type_name, wrong_targets};
use crate::core::name::Dialect;
use crate::core::spec::{
    BadRows, Content, Endpoint, JobKind, JobSpec, Limits, REJECTS_PER_JOB_DEFAULT,
    REJECTS_PER_TABLE_DEFAULT, SchemaRemap, Shaping, TableExists,
};
use clap::ValueEnum;

/// Flags with what a file adds to them.
pub struct Filed {
    pub args: SpecArgs,
    /// Name of the job.
    pub job: Option<String>,
    /// What it does; absent: what the command says.
    pub kind: Option<FileKind>,
    source: FileEnd,
    target: FileEnd,
    verify: bool,
    rejects: FileRejects,
    remap: Vec<SchemaRemap>,
    rules: MapRules,
    shaping: Shaping,
    limits: Limits,
    /// For messages: file and line of a rule are the file's.
    path: Option<String>,
}

/// Reads the job file that the flags name; without one, the flags alone.
///
/// # Errors
/// `Usage` with file, line and what is wrong.
pub fn read(flags: &SpecArgs) -> Result<Filed, Failure> {
    let file = flags.types.job_file.as_deref().map(JobFile::load).transpose()?;
    let shown = flags.types.job_file.as_ref().map(|path| path.display().to_string());
    filed(flags, file.zip(shown))
}

/// The text of a job file by itself: a draft. `path` is for messages.
///
/// # Errors
/// As [`read`].
pub fn read_text(text: &str, path: &str) -> Result<Filed, Failure> {
    let file = JobFile::parse(text, std::path::Path::new(path))?;
    filed(&SpecArgs::default(), Some((file, path.to_owned())))
}

fn filed(flags: &SpecArgs, file: Option<(JobFile, String)>) -> Result<Filed, Failure> {
    let mut filed = Filed {
        args: flags.clone(),
        job: None,
        kind: None,
        source: FileEnd::default(),
        target: FileEnd::default(),
        verify: false,
        rejects: FileRejects::default(),
        remap: Vec::new(),
        rules: MapRules::default(),
        shaping: Shaping::default(),
        limits: Limits::default(),
        path: None,
    };
    let content = filed.args.shape.content;
    filed.args.data_only |= content == Some(ContentWord::DataOnly);
    filed.args.schema_only |= content == Some(ContentWord::SchemaOnly);
    if let Some((file, shown)) = file {
        let wrong = |error| Failure::usage(format!("{shown}: {error}"));
        filed.rules = MapRules::from_job_file(&file.text).map_err(wrong)?;
        filed.shaping = Shaping::parse(&file.text).map_err(wrong)?;
        filed.limits = Limits::parse(&file.text).map_err(wrong)?;
        filed.path = Some(shown);
        filed.take(file)?;
    }
    filed.shaping = shaping::overlaid(&filed.shaping, &flags.shape)?;
    filed.remap_flags(&flags.types.remap_schema)?;
    Ok(filed)
}

impl Filed {
    fn take(&mut self, file: JobFile) -> Result<(), Failure> {
        let keys = file.keys;
        let args = &mut self.args;
        let path = self.path.clone().unwrap_or_default();
        let wrong = |text: String| Failure::usage(format!("{path}: {text}"));
        args.from = args.from.take().or(keys.from);
        args.to = args.to.take().or(keys.to);
        let named = !(args.schema.is_empty() && args.table.is_empty() && args.exclude.is_empty());
        if !named {
            args.schema = keys.selection.schemas;
            args.table = keys.selection.tables;
            args.exclude = keys.selection.exclude;
        }
        if !(args.data_only || args.schema_only) && args.shape.content.is_none() {
            args.data_only = keys.content == Some(FileContent::DataOnly);
            args.schema_only = keys.content == Some(FileContent::SchemaOnly);
        }
        if let (None, Some(word)) = (args.if_exists, &keys.if_exists) {
            args.if_exists = Some(word_of::<IfExists>("if_exists", word).map_err(wrong)?);
        }
        if let (None, Some(word)) = (args.access, &keys.access) {
            args.access = Some(word_of::<AccessPath>("access", word).map_err(wrong)?);
        }
        args.accept_lossy |= keys.accept_lossy.unwrap_or(false);
        args.types.scan |= keys.scan.unwrap_or(false);
        self.verify = keys.verify.unwrap_or(false);
        let number = |flag: &mut Option<String>, key: Option<u32>| {
            *flag = flag.take().or(key.map(|n| n.to_string()));
        };
        number(&mut args.threads, keys.threads);
        number(&mut args.threads_max, keys.threads_max);
        number(&mut args.index_workers, keys.index_workers);
        args.rate = args.rate.take().or(keys.rate);
        args.chunk_size = args.chunk_size.take().or(keys.chunk_size);
        self.job = keys.job;
        self.kind = keys.kind;
        let asks = |end: &FileEnd| end.ask_password == Some(true);
        args.ask_password |= asks(&keys.source) || asks(&keys.target);
        (self.source, self.target) = (keys.source, keys.target);
        self.rejects = keys.rejects;
        let remap = keys.remap_schemas.into_iter();
        self.remap = remap.map(|(from, to)| SchemaRemap { from, to }).collect();
        Ok(())
    }

    fn remap_flags(&mut self, flags: &[String]) -> Result<(), Failure> {
        for flag in flags {
            let Some((from, to)) =
                flag.split_once(':').filter(|(a, b)| !a.is_empty() && !b.is_empty())
            else {
                return Err(Failure::usage(format!("--remap-schema {flag:?} is not FROM:TO")));
            };
            self.remap.retain(|known| known.from != from);
            self.remap.push(SchemaRemap { from: from.to_owned(), to: to.to_owned() });
        }
        if let Some(bad) = self.remap.iter().find(|r| r.from.is_empty() || r.to.is_empty()) {
            let pair = format!("{:?} to {:?}", bad.from, bad.to);
            return Err(Failure::usage(format!("a schema has no empty name: {pair}")));
        }
        Ok(())
    }

    /// The definition with rules, names and policies.
    ///
    /// # Errors
    /// `Usage` with the rule that cannot be.
    pub fn finish(&self, mut spec: JobSpec) -> Result<JobSpec, Failure> {
        let flags = rule_flags(&self.args, spec.source.dialect)?;
        spec.rules = self.rules.overlaid(&flags).map_err(Failure::usage)?;
        // What a server of this kind cannot know needs no server to say so. MariaDB knows more.
        let plain = Engine::plain(spec.target.dialect);
        let maria = Engine { mariadb: true, version_num: u32::MAX, ..plain };
        if let Some(error) = wrong_targets(maria, &spec.rules).first() {
            return Err(Failure::usage(error.clone()).with_detail("Nothing was changed."));
        }
        spec.remap_schemas = self.remap.clone();
        spec.shaping = self.shaping.clone();
        spec.limits = self.limits.clone();
        spec.value_scan |= self.args.types.scan;
        spec.verify_after |= self.verify;
        if spec.bad_rows == BadRows::Fail {
            spec.bad_rows = bad_rows(&self.rejects);
        }
        mark(&mut spec.source, &self.source);
        mark(&mut spec.target, &self.target);
        match self.kind {
            Some(FileKind::Verify) => {
                spec.kind = JobKind::Verify;
                spec.verify_after = false;
                (spec.content, spec.table_exists) = (Content::All, TableExists::Stop);
            }
            Some(FileKind::Script) => spec.content = Content::SchemaOnly,
            Some(FileKind::Copy) | None => {}
        }
        Ok(spec)
    }

    /// Is the file meant for this command?
    ///
    /// # Errors
    /// `Usage` with the command that it is for.
    pub fn refuse_other_than_copy(&self) -> Result<(), Failure> {
        match self.kind {
            Some(FileKind::Verify) => Err(Failure::usage("this job file describes a verification")
                .with_detail("Nothing was changed.")
                .with_hint("tidegate verify --job-file FILE")),
            Some(FileKind::Script) => Err(Failure::usage("this job file describes a script")
                .with_detail("Nothing was changed.")
                .with_hint("kind = \"copy\" or no kind at all makes it a copy.")),
            Some(FileKind::Copy) | None => Ok(()),
        }
    }
}

/// What the file says of an end; a connection of config.toml says it itself.
fn mark(end: &mut Endpoint, told: &FileEnd) {
    if end.connection.is_none() {
        end.label = told.label.clone().or(end.label.take());
        end.production |= told.production == Some(true);
    }
}

fn bad_rows(rejects: &FileRejects) -> BadRows {
    match rejects.on_bad_row {
        Some(FilePolicy::Reject) => BadRows::Reject {
            per_table: rejects.per_table.unwrap_or(REJECTS_PER_TABLE_DEFAULT),
            per_job: rejects.per_job.unwrap_or(REJECTS_PER_JOB_DEFAULT),
        },
        Some(FilePolicy::Fail) | None => BadRows::Fail,
    }
}

fn word_of<T: ValueEnum>(key: &str, word: &str) -> Result<T, String> {
    T::from_str(word, false).map_err(|_| {
        let names = T::value_variants().iter().filter_map(ValueEnum::to_possible_value);
        let names: Vec<String> = names.map(|v| v.get_name().to_owned()).collect();
        format!("{key} = {word:?} is none of {}", names.join(", "))
    })
}

/// `--map` and `--switch` as TOML.
fn rule_flags(args: &SpecArgs, from: Dialect) -> Result<String, Failure> {
    let mut text = String::new();
    for flag in &args.types.map {
        let Some((what, to)) = flag.split_once('=').filter(|(a, b)| !a.is_empty() && !b.is_empty())
        else {
            let message = format!("--map {flag:?} is not WHAT=TYPE");
            return Err(Failure::usage(message).with_hint(
                "As in --map 'crm.orders.state=smallint' or --map 'tinyint(1)=boolean'.",
            ));
        };
        text.push_str("[[map]]\n");
        let what = what.trim();
        // A type of its own name wins over a column of that name: `*.date` is the column.
        match what.rsplit_once('.') {
            Some((table, column)) if !what.contains('(') => {
                if table != "*" {
                    line(&mut text, "table", table);
                }
                line(&mut text, "column", column);
            }
            _ if is_type_name(from, what) => line(&mut text, "type", what),
            _ => line(&mut text, "column", what),
        }
        line(&mut text, "to", to.trim());
    }
    if !args.types.switch.is_empty() {
        text.push_str("[switches]\n");
    }
    for flag in &args.types.switch {
        let (name, value) = flag.split_once('=').unwrap_or((flag, "true"));
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if name.is_empty() || !name.chars().all(plain) {
            return Err(Failure::usage(format!("--switch {flag:?} is not NAME or NAME=VALUE")));
        }
        match value {
            "true" | "false" => {
                let _ = writeln!(text, "{name} = {value}");
            }
            word => line(&mut text, name, word),
        }
    }
    MapRules::parse(&text).map_err(|error| {
        // Lines of a text nobody wrote help nobody.
        let error = match error.strip_prefix("line ") {
            Some(rest) => rest.split_once(": ").map_or(rest, |(_, message)| message).to_owned(),
            None => error,
        };
        Failure::usage(format!("--map or --switch: {error}"))
    })?;
    Ok(text)
}

fn line(text: &mut String, key: &str, value: &str) {
    let _ = writeln!(text, "{key} = {}", toml::Value::String(value.to_owned()));
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::super::args::{Command, Invocation};
    use super::*;
    use crate::core::name::JobName;
    use crate::core::spec::Endpoint;

    fn flags(list: &[&str]) -> SpecArgs {
        let line = ["tidegate", "copy"].iter().chain(list);
        match Invocation::try_parse_from(line).unwrap().command {
            Some(Command::Copy(args)) => args.spec,
            _ => unreachable!("copy was asked for"),
        }
    }

    fn spec(from: Dialect) -> JobSpec {
        let end = |dialect| Endpoint {
            dialect,
            url: String::new(),
            connection: None,
            label: None,
            production: false,
        };
        JobSpec::new(JobName::parse("x").unwrap(), end(from), end(Dialect::Postgres))
    }

    fn rules(list: &[&str]) -> Result<String, String> {
        let filed = read(&flags(list)).map_err(|f| f.message)?;
        let spec = filed.finish(spec(Dialect::Mysql)).map_err(|f| f.message)?;
        Ok(spec.rules.to_text().to_owned())
    }

    #[test]
    fn flags_become_rules() {
        for (list, text) in [
            (["--map", "crm.orders.state=smallint"], "table = \"crm.orders\"\ncolumn = \"state\""),
            (["--map", "*.date=text"], "[[map]]\ncolumn = \"date\"\nto = \"text\""),
            (["--map", "date=text"], "type = \"date\""),
            (["--map", "is_*=boolean"], "column = \"is_*\""),
            (["--map", "decimal(10,2)=numeric"], "type = \"decimal(10,2)\""),
            (["--switch", "tinyint1_as_boolean"], "tinyint1_as_boolean = true"),
            (["--switch", "enum=native"], "enum = \"native\""),
        ] {
            let made = rules(&list).unwrap();
            assert!(made.contains(text), "{list:?}: {made}");
        }
    }

    #[test]
    fn each_bad_flag_is_one_clear_message() {
        for (list, word) in [
            (["--map", "state"], "WHAT=TYPE"),
            (["--map", "=text"], "WHAT=TYPE"),
            (["--map", "a=integr"], "integr"),
            (["--map", "a=int; drop table x"], "is not a type"),
            (["--switch", "booleans"], "booleans"),
            (["--switch", "enum=int"], "int"),
            (["--switch", "a b"], "NAME=VALUE"),
            (["--remap-schema", "public"], "FROM:TO"),
            (["--remap-schema", "public:"], "FROM:TO"),
            (["--job-file", "/nowhere/job.toml"], "/nowhere/job.toml"),
        ] {
            let error = rules(&list).expect_err(word);
            assert!(error.contains(word), "{list:?}: {error}");
            assert!(!error.contains('\n'), "{error}");
        }
    }

    #[test]
    fn a_flag_wins_over_the_file() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("job.toml");
        std::fs::write(&path, include_str!("../../job.example.toml")).unwrap();
        let path = path.display().to_string();
        let alone = read(&flags(&["--job-file", &path])).unwrap();
        assert_eq!(alone.args.from.as_deref(), Some("mysql://ana@db1.example.net/crm"));
        assert_eq!(alone.job.as_deref(), Some("crm-move"));
        let filed = alone.finish(spec(Dialect::Mysql)).unwrap();
        assert_eq!(filed.shaping.tables.len(), 2);
        assert_eq!(filed.limits.source_sessions, Some(40));
        assert!(filed.value_scan && filed.verify_after);
        assert_eq!(filed.bad_rows, BadRows::Reject { per_table: 1000, per_job: 10_000 });
        assert_eq!(filed.rules.rules().len(), 4);
        let list = [
            "--job-file",
            &path,
            "--from",
            "sqlite:x.db",
            "--threads",
            "9",
            "--remap-schema",
            "crm:other",
            "--switch",
            "unsigned_widening=false",
            "--sample",
            "crm.orders=20",
        ];
        let both = read(&flags(&list)).unwrap();
        assert_eq!(both.args.from.as_deref(), Some("sqlite:x.db"));
        assert_eq!(both.args.threads.as_deref(), Some("9"));
        let spec = both.finish(spec(Dialect::Mysql)).unwrap();
        assert_eq!(spec.remap_schemas[0].to, "other");
        let orders = spec.shaping.of(&crate::core::name::ObjectName::new("crm", "orders"));
        assert_eq!((orders.sample, orders.filter.is_some()), (Some(20), true));
        assert!(!spec.rules.switches().unsigned_widening);
    }
}
