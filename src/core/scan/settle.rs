//! Answers become verdicts and findings.

use std::collections::BTreeMap;

use super::super::catalog::Catalog;
use super::super::mapping::Fit;
use super::super::plan::{
    Change, ColumnPlan, Finding, MigrationPlan, Severity, TablePlan, type_findings,
};
use super::super::spec::{BadRows, JobSpec};
use super::ask::{ScanInput, is_decided};
use super::{Found, MomentKind, Question, ScanAnswer, ScanRequest, StoredText};

/// Columns that get a finding of their own.
const FINDINGS_MAX: usize = 40;

/// What came of one request: its answer, or why there is none.
pub type Asking = (ScanRequest, Result<ScanAnswer, String>);

/// Puts what the scan found into the plan: a column that may lose something and was found clean is
/// exact, one that was found dirty says how many values and names one row.
pub fn settle(
    plan: &mut MigrationPlan,
    spec: &JobSpec,
    (source, target): (&Catalog, &Catalog),
    asked: &[Asking],
) {
    let before = type_findings(spec, &plan.tables);
    let mut seen = Seen::default();
    for (request, answer) in asked {
        match answer {
            Ok(answer) => seen.add(request, answer),
            Err(why) => seen.unanswered.push((request.table.to_string(), why.clone())),
        }
    }
    let unsettled = plan.clone();
    let input = ScanInput { plan: &unsettled, source, target };
    for table in &mut plan.tables {
        let Some(rows) = seen.rows.get(&table.source.to_string()).copied() else { continue };
        let name = table.source.to_string();
        let facts = Facts { rows, seen: &seen, rejects: spec.bad_rows != BadRows::Fail };
        let shape = TablePlan { columns: Vec::new(), chunks: Vec::new(), ..table.clone() };
        for column in &mut table.columns {
            let decided = is_decided(&input, &shape, column);
            facts.settle_column(&name, column, decided);
        }
    }
    plan.findings.retain(|finding| !before.contains(finding));
    plan.findings.extend(type_findings(spec, &plan.tables));
    plan.findings.extend(seen.findings());
    plan.findings.sort_by_key(|f| std::cmp::Reverse(f.severity));
}

/// One yes of a scan.
struct Trouble {
    question: Question,
    found: Found,
    rows: u64,
}

/// All answers, by table and column.
#[derive(Default)]
struct Seen {
    rows: BTreeMap<String, u64>,
    /// Questions asked of each column.
    asked: BTreeMap<(String, String), usize>,
    troubles: BTreeMap<(String, String), Vec<Trouble>>,
    unanswered: Vec<(String, String)>,
}

impl Seen {
    fn add(&mut self, request: &ScanRequest, answer: &ScanAnswer) {
        let table = request.table.to_string();
        self.rows.insert(table.clone(), answer.rows);
        for (asked, found) in request.questions.iter().zip(&answer.found) {
            let column = (table.clone(), asked.column.clone());
            *self.asked.entry(column.clone()).or_default() += 1;
            if found.count > 0 {
                self.troubles.entry(column).or_default().push(Trouble {
                    question: asked.question.clone(),
                    found: found.clone(),
                    rows: answer.rows,
                });
            }
        }
    }

    fn findings(&self) -> Vec<Finding> {
        let mut findings = Vec::new();
        for ((table, column), troubles) in self.troubles.iter().take(FINDINGS_MAX) {
            findings.extend(troubles.iter().map(|trouble| trouble.finding(table, column)));
        }
        let more = self.troubles.len().saturating_sub(FINDINGS_MAX);
        if more > 0 {
            let message = format!("{} columns more hold such values", grouped(more as u64));
            findings.push(Finding::new(Severity::Warn, "values", message));
        }
        for (table, why) in &self.unanswered {
            findings.push(
                Finding::new(Severity::Warn, "values", format!("{table} was not scanned: {why}"))
                    .with_detail("Its verdicts are those of its types alone.")
                    .with_hint("Plan again, or go on: every value is checked when it is copied."),
            );
        }
        let rows: u64 = self.rows.values().sum();
        let message = format!(
            "value scan: columns asked {}, tables {}, rows read {}, columns to look at {}",
            grouped(self.asked.len() as u64),
            grouped(self.rows.len() as u64),
            grouped(rows),
            grouped(self.troubles.len() as u64)
        );
        findings.push(Finding::new(Severity::Ok, "values", message));
        findings
    }
}

/// What is known of one table.
struct Facts<'a> {
    rows: u64,
    seen: &'a Seen,
    /// Rows that do not fit are put aside: that is consent enough.
    rejects: bool,
}

impl Facts<'_> {
    fn settle_column(&self, table: &str, column: &mut ColumnPlan, decided: bool) {
        let name = (table.to_owned(), column.name.clone());
        let none = Vec::new();
        let troubles = self.seen.troubles.get(&name).unwrap_or(&none);
        let worst = troubles.iter().find(|trouble| !trouble.question.is_advice());
        match worst {
            Some(trouble) if column.fit != Fit::Unsupported => {
                column.reason = trouble.sentence();
                if !self.rejects {
                    column.fit = Fit::Lossy;
                }
            }
            None if column.fit == Fit::Lossy && decided => {
                column.fit = Fit::Exact;
                column.reason = format!(
                    "proved by data on {} rows at planning time, checked again when copied",
                    grouped(self.rows)
                );
            }
            Some(_) | None => {}
        }
    }
}

impl Trouble {
    /// `3 of 16,044 values are ..., such as id=7`.
    fn sentence(&self) -> String {
        let of = grouped(self.rows);
        let what = what_is_wrong(&self.question, self.found.count == 1);
        let example = self.found.key.as_ref().map(|key| format!(", such as {key}"));
        format!("{} of {of} rows {what}{}", grouped(self.found.count), example.unwrap_or_default())
    }

    fn finding(&self, table: &str, column: &str) -> Finding {
        let message = format!("{table}.{column}: {}", self.sentence());
        let finding = Finding::new(Severity::Warn, "values", message);
        match &self.question {
            Question::EncodedTwice(_) => finding
                .with_detail("It arrives as it is; tidegate does not guess what was meant.")
                .with_hint("Look at the row; mend it at the source before copying."),
            Question::ZeroDate => finding
                .with_detail("No other engine has such dates: each is refused by name.")
                .with_hint(
                    "Let them become NULL with the switch for zero dates, or put such rows aside \
                     with on_bad_row = reject.",
                )
                .with_way("zero dates become NULL", set("switches.zero_date_to_null", "true"))
                .with_way("put such rows aside", set("rejects.on_bad_row", "\"reject\"")),
            _ => finding
                .with_detail("Such a value is refused by name when it is copied, never bent.")
                .with_hint(
                    "Mend the values, choose another type for the column with a map rule, or put \
                     such rows aside with on_bad_row = reject.",
                )
                .with_way("put such rows aside", set("rejects.on_bad_row", "\"reject\"")),
        }
    }
}

/// A key of the job file and its value.
fn set(key: &str, value: &str) -> Change {
    Change::Set { key: key.to_owned(), value: value.to_owned() }
}

/// A phrase that follows `3 of 20 rows`.
fn what_is_wrong(question: &Question, one: bool) -> String {
    let holds = if one { "holds" } else { "hold" };
    let rest = match question {
        Question::IntegerOutside { min, max, whole: false } => {
            format!("a number outside {min} to {max}")
        }
        Question::IntegerOutside { min, max, whole: true } => {
            format!("a number that is no integer from {min} to {max}")
        }
        Question::DecimalOutside { precision, scale } => {
            format!("a number that does not fit {precision} digits with {scale} after the point")
        }
        Question::NotFinite { infinite: true } => "NaN or an infinity".to_owned(),
        Question::NotFinite { infinite: false } => "NaN".to_owned(),
        Question::LongerChars(max) => format!("text of more than {} characters", group(*max)),
        Question::LongerBytes { max, .. } => format!("more than {} bytes", grouped(*max)),
        Question::OtherLength(length) => format!("bytes that are not exactly {length}"),
        Question::ZeroDate => {
            "a date with a zero year, month or day, or one that no calendar has".to_owned()
        }
        Question::MomentOutside { from, until } => {
            format!("a moment that is infinite or not within {from} until {until}")
        }
        Question::OutsideDay => "a time outside 00:00:00 to 23:59:59.999999".to_owned(),
        Question::OtherClass(classes) => format!("a value that is not {}", listed(classes)),
        Question::NotMoment(kind) => format!("text that is no {}", moment(*kind)),
        Question::NotUuid => "text that is no UUID".to_owned(),
        Question::NotJson => "text that is no JSON".to_owned(),
        Question::InvalidText(stored) => format!("bytes that are no {} text", encoding(stored)),
        Question::Nul => "text with a NUL character".to_owned(),
        Question::JsonNul => "JSON with \\u0000".to_owned(),
        Question::OutsideCharset(charset) => {
            format!("a character that the target's {} does not have", charset.word())
        }
        Question::EncodedTwice(_) => {
            "text that looks encoded twice (UTF-8 read as Windows-1252)".to_owned()
        }
    };
    format!("{holds} {rest}")
}

fn listed(classes: &[&str]) -> String {
    let word = |class: &&str| match *class {
        "integer" => "an integer",
        "real" => "a real number",
        "whole" => "a whole real number",
        "decimal" => "a decimal written as text",
        "blob" => "a blob",
        _ => "text",
    };
    classes.iter().map(word).collect::<Vec<_>>().join(" or ")
}

fn moment(kind: MomentKind) -> &'static str {
    match kind {
        MomentKind::Date => "ISO date",
        MomentKind::Time { zoned: false } => "ISO time",
        MomentKind::Time { zoned: true } => "ISO time with a zone",
        MomentKind::Timestamp { zoned: false } => "ISO date and time without a zone",
        MomentKind::Timestamp { zoned: true } => "ISO date and time with a zone",
    }
}

fn encoding(stored: &StoredText) -> &str {
    match stored {
        StoredText::Unicode | StoredText::Raw => "UTF-8",
        StoredText::SingleBytes(name) | StoredText::Charset(name) => name,
    }
}

fn group(number: u32) -> String {
    grouped(u64::from(number))
}

/// `16044` as `16,044`.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::super::catalog::LogicalType;
    use super::super::super::name::Dialect;
    use super::super::super::plan::{PlanInput, build_plan, fixture};
    use super::super::requests;
    use super::*;

    fn catalog() -> Catalog {
        let mut catalog = fixture::catalog(&["main.t"]);
        catalog.server.dialect = Dialect::Sqlite;
        catalog.tables[0].columns.extend([
            fixture::column("any", "", LogicalType::Any),
            fixture::column("note", "TEXT", LogicalType::Text { max: None, fixed: false }),
        ]);
        catalog
    }

    /// A plan from SQLite to PostgreSQL after a scan in which `trouble` picks what was found.
    fn scanned(
        spec: &JobSpec,
        trouble: impl Fn(&str, &Question) -> u64,
    ) -> (MigrationPlan, Vec<Asking>) {
        let (source, target) = (catalog(), fixture::catalog(&[]));
        let mut plan = build_plan(&PlanInput {
            spec,
            source: &source,
            target: &target,
            preamble: &[],
            items: &[],
            nonempty: &[],
            bounds: &BTreeMap::new(),
            attachable: false,
        });
        assert!(plan.is_blocked(), "a column of any type needs consent");
        let wanted = requests(&ScanInput { plan: &plan, source: &source, target: &target });
        let answer = |request: ScanRequest| {
            let found = request.questions.iter().map(|asked| {
                let count = trouble(&asked.column, &asked.question);
                Found { count, key: (count > 0).then(|| "rowid=7".to_owned()) }
            });
            let answer = ScanAnswer { rows: 16_044, found: found.collect() };
            (request, Ok(answer))
        };
        let asked: Vec<Asking> = wanted.into_iter().map(answer).collect();
        settle(&mut plan, spec, (&source, &target), &asked);
        (plan, asked)
    }

    fn column<'a>(plan: &'a MigrationPlan, name: &str) -> &'a ColumnPlan {
        plan.tables[0].columns.iter().find(|c| c.name == name).unwrap()
    }

    #[test]
    fn a_clean_scan_needs_no_consent() {
        let spec = fixture::spec(Dialect::Sqlite, Dialect::Postgres);
        let (plan, asked) = scanned(&spec, |_, _| 0);
        assert_eq!(asked.len(), 1);
        assert_eq!(column(&plan, "any").fit, Fit::Exact);
        let reason = &column(&plan, "any").reason;
        assert!(reason.starts_with("proved by data on 16,044 rows"), "{reason}");
        assert!(!plan.is_blocked(), "{:?}", plan.findings);
    }

    #[test]
    fn a_dirty_column_names_count_and_key() {
        let mut spec = fixture::spec(Dialect::Sqlite, Dialect::Postgres);
        let nul = |name: &str, q: &Question| u64::from(name == "note" && *q == Question::Nul) * 3;
        let (plan, _) = scanned(&spec, nul);
        assert_eq!(column(&plan, "note").fit, Fit::Lossy);
        assert!(plan.is_blocked());
        let said = "main.t.note: 3 of 16,044 rows hold text with a NUL character, such as rowid=7";
        assert!(plan.findings.iter().any(|f| f.message == said), "{:?}", plan.findings);
        // Rows that do not fit are put aside: nothing has to be agreed to.
        spec.bad_rows = BadRows::Reject { per_table: 10, per_job: 10 };
        let (plan, _) = scanned(&spec, nul);
        assert!(!plan.is_blocked(), "{:?}", plan.findings);
        assert!(plan.findings.iter().any(|f| f.message == said));
    }

    #[test]
    fn advice_and_failed_scans_change_no_verdict() {
        let spec = fixture::spec(Dialect::Sqlite, Dialect::Postgres);
        let (mut plan, asked) =
            scanned(&spec, |name, question| u64::from(name == "note" && question.is_advice()));
        assert_eq!(column(&plan, "note").fit, Fit::Exact);
        assert!(plan.findings.iter().any(|f| f.message.contains("looks encoded twice")));
        plan.findings.clear();
        for column in &mut plan.tables[0].columns {
            column.fit = Fit::Lossy;
        }
        let failed = vec![(asked[0].0.clone(), Err("no permission".to_owned()))];
        let (source, target) = (catalog(), fixture::catalog(&[]));
        settle(&mut plan, &spec, (&source, &target), &failed);
        assert!(plan.tables[0].columns.iter().all(|c| c.fit == Fit::Lossy));
        assert!(plan.findings.iter().any(|f| f.message.contains("no permission")));
    }
}
