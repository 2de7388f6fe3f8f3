//! A plan for people: what forbids the start first, what needs attention next.

use serde_json::json;

use super::args::PlanReportArgs;
use super::failure::{Exit, Failure};
use super::figures;
use super::output::{clean, columns, object_text};
use super::session::Session;
use crate::protocol::{ChangeView, FindingView, PlanColumnView, PlanTableView, PlanView};

/// Behind severity and topic.
const INDENT: &str = "                 ";

/// The BLOCK findings with what to do.
#[must_use]
pub fn blocks(plan: &PlanView) -> Vec<String> {
    let found = plan.findings.iter().filter(|finding| finding.severity == "BLOCK");
    found.flat_map(finding).collect()
}

fn finding(finding: &FindingView) -> Vec<String> {
    let mut lines =
        vec![format!("{:<5} {:<10} {}", finding.severity, finding.topic, clean(&finding.message))];
    for part in [&finding.detail, &finding.hint].into_iter().flatten() {
        lines.extend(part.lines().map(|line| format!("{INDENT}{}", clean(line))));
    }
    for (at, way) in finding.ways.iter().enumerate() {
        let number = at + 1;
        lines.push(format!("{INDENT}{number}  {}", clean(&way.title)));
        lines.extend(does(&way.change).map(|flag| format!("{INDENT}   {}", clean(&flag))));
    }
    lines
}

/// The flag or command that does what a way out does; `None` where only the screen has it.
fn does(change: &ChangeView) -> Option<String> {
    Some(match change {
        ChangeView::TableExists { table, policy } => {
            format!("--table-exists {}", quoted(&format!("{table}={policy}")))
        }
        ChangeView::LeaveOut { table } => format!("--exclude {}", quoted(table)),
        ChangeView::Rename { table } => format!("--rename {}", quoted(&format!("{table}=NAME"))),
        ChangeView::AcceptLossy => "--accept-lossy".to_owned(),
        ChangeView::Set { key, value } => flag_of(key, value),
        ChangeView::Conform { .. } => "tidegate conform JOB, or conform --job-file FILE".to_owned(),
        ChangeView::Page { .. } => return None,
    })
}

/// A key of the job file as its flag, where it has one.
fn flag_of(key: &str, value: &str) -> String {
    let bare = value.trim_matches('"');
    match key {
        "threads" | "threads_max" | "if_exists" => format!("--{} {bare}", key.replace('_', "-")),
        "scan" => "--scan".to_owned(),
        "rejects.on_bad_row" => format!("--bad-rows {bare}"),
        "objects.leave_out" => {
            let words =
                bare.trim_matches(['[', ']']).split(", ").map(|word| word.trim_matches('"'));
            words.map(|word| format!("--leave-out {word}")).collect::<Vec<_>>().join(" ")
        }
        _ => match key.strip_prefix("switches.") {
            Some(name) if value == "true" => format!("--switch {name}"),
            Some(name) => format!("--switch {name}={bare}"),
            None => format!("in the job file: {key} = {value}"),
        },
    }
}

/// For a shell, where it needs quotes.
fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "._-=/:@".contains(c);
    match text.chars().all(plain) {
        true => text.to_owned(),
        false => format!("'{}'", text.replace('\'', "'\\''")),
    }
}

/// `23 ok   3 warnings   1 blocks the start`.
fn counts(plan: &PlanView) -> String {
    let of = |severity: &str| {
        plan.findings.iter().filter(|finding| finding.severity == severity).count() as u64
    };
    let blocks = match of("BLOCK") {
        0 => "nothing blocks the start".to_owned(),
        1 => "1 blocks the start".to_owned(),
        n => format!("{n} block the start"),
    };
    format!("{} ok   {}   {blocks}", of("ok"), figures::counted(of("warn"), "warning"))
}

/// Prints a plan's report, and writes it to the file that was named: there the whole of it.
///
/// # Errors
/// A file that cannot be written.
pub fn tell(session: &Session, plan: &PlanView, args: &PlanReportArgs) -> Result<(), Failure> {
    session.output.object("plan", json!(plan));
    lines(plan, args.all).iter().for_each(|line| session.output.text(line));
    let Some(path) = &args.output else { return Ok(()) };
    let text = match path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("json")) {
        true => object_text("plan", json!(plan)) + "\n",
        false => lines(plan, true).iter().map(|line| format!("{line}\n")).collect(),
    };
    std::fs::write(path, text).map_err(|error| {
        Failure::new(Exit::Error, format!("cannot write {}: {error}", path.display()))
            .with_detail("The plan was made; nothing was changed on either side.")
    })?;
    session.output.note(&format!("the report is in {}", path.display()));
    Ok(())
}

/// The whole plan; `all` also lists what is as expected.
#[must_use]
pub fn lines(plan: &PlanView, all: bool) -> Vec<String> {
    let mut lines = Vec::new();
    for severity in ["BLOCK", "warn", "ok"] {
        if severity == "ok" && !all {
            continue;
        }
        let found = plan.findings.iter().filter(|finding| finding.severity == severity);
        lines.extend(found.flat_map(finding));
    }
    lines.push(counts(plan));
    let rows: u64 = plan.tables.iter().map(|table| table.rows).sum();
    let bytes: u64 = plan.tables.iter().map(|table| table.bytes).sum();
    let chunks: u64 = plan.tables.iter().map(|table| u64::from(table.chunks)).sum();
    lines.push(format!(
        "{}, ~{} rows, ~{}, {}, {}",
        figures::counted(plan.tables.len() as u64, "table"),
        figures::count(rows),
        figures::bytes(bytes),
        figures::counted(chunks, "chunk"),
        figures::counted(u64::from(plan.steps), "step"),
    ));
    if all {
        lines.extend(tables(plan));
    }
    lines.extend(plan.tables.iter().flat_map(|table| column_lines(table, all)));
    for entry in plan.checklist.iter().filter(|entry| all || entry.fate == "needs hands") {
        let reason = entry.reason.as_ref().map(|reason| format!(": {reason}"));
        let text = format!(
            "{:<11} {} {}{}",
            entry.fate,
            entry.kind,
            entry.name,
            reason.unwrap_or_default()
        );
        lines.push(clean(&text));
    }
    lines
}

/// The table's types as a diff: all of them, or what changes a value or was asked for.
fn column_lines(table: &PlanTableView, all: bool) -> Vec<String> {
    let worth = |c: &&PlanColumnView| {
        let shaped = c.expression.is_some() || c.name != c.target_name;
        all || shaped || c.rule.is_some() || !matches!(c.fit.as_str(), "exact" | "wider")
    };
    let shown: Vec<&PlanColumnView> = table.columns.iter().filter(worth).collect();
    if shown.is_empty() && table.fit == "exact" && table.rows_chosen.is_empty() {
        return Vec::new();
    }
    let mut lines =
        vec![clean(&format!("{} -> {}: columns {}", table.source, table.target, table.verdicts))];
    lines.extend(table.rows_chosen.iter().map(|text| format!("    rows {}", clean(text))));
    lines.extend(shown.iter().map(|column| format!("    {}", clean(&column.line()))));
    lines
}

fn tables(plan: &PlanView) -> Vec<String> {
    let heads = ["table", "to", "rows", "size", "chunks", "cut by", "path", "types"];
    let mut rows: Vec<Vec<String>> = vec![heads.iter().map(|head| (*head).to_owned()).collect()];
    rows.extend(plan.tables.iter().map(|table| {
        vec![
            clean(&table.source),
            clean(&table.target),
            format!("~{}", figures::count(table.rows)),
            format!("~{}", figures::bytes(table.bytes)),
            table.chunks.to_string(),
            clean(&table.method),
            clean(&format!("{} ({})", table.path, table.path_reason)),
            table.fit.clone(),
        ]
    }));
    columns(&rows, &[2, 3, 4])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::WayView;

    #[test]
    fn what_forbids_the_start_comes_first_and_says_what_to_do() {
        let finding = |severity: &str, hint: Option<&str>| FindingView {
            severity: severity.to_owned(),
            topic: "target".to_owned(),
            message: format!("a {severity} thing"),
            detail: None,
            hint: hint.map(str::to_owned),
            ways: Vec::new(),
        };
        let plan = PlanView {
            findings: vec![
                finding("ok", None),
                finding("warn", None),
                finding("BLOCK", Some("do")),
            ],
            blocked: true,
            ..PlanView::default()
        };
        let text = lines(&plan, false);
        assert_eq!(text[0], "BLOCK target     a BLOCK thing");
        assert_eq!(text[1], "                 do");
        assert_eq!(text[2], "warn  target     a warn thing");
        assert!(!text.iter().any(|line| line.contains("a ok thing")));
        assert_eq!(text[3], "1 ok   1 warning   1 blocks the start");
        assert_eq!(blocks(&plan).len(), 2);
    }

    #[test]
    fn what_was_wanted_of_a_table_is_shown_without_asking() {
        let column = |name: &str, expression: Option<&str>| PlanColumnView {
            name: name.to_owned(),
            target_name: name.to_owned(),
            fit: "exact".to_owned(),
            expression: expression.map(str::to_owned),
            ..PlanColumnView::default()
        };
        let table = PlanTableView {
            source: "crm.a".to_owned(),
            target: "crm.b".to_owned(),
            fit: "exact".to_owned(),
            columns: vec![column("id", None), column("email", Some("md5(email)"))],
            rows_chosen: vec!["where id > 5".to_owned(), "sample 10 %".to_owned()],
            ..PlanTableView::default()
        };
        let plan = PlanView { tables: vec![table], ..PlanView::default() };
        let text = lines(&plan, false).join("\n");
        for part in
            ["crm.a -> crm.b", "rows where id > 5", "rows sample 10 %", "read as md5(email)"]
        {
            assert!(text.contains(part), "{part}: {text}");
        }
        assert!(!text.contains("id: "), "{text}");
    }

    #[test]
    fn ways_out_are_numbered_with_the_flag_that_does_the_same() {
        let set = |key: &str, value: &str| ChangeView::Set {
            key: key.to_owned(),
            value: value.to_owned(),
        };
        let table = || "crm.odd name".to_owned();
        for (change, flag) in [
            (
                ChangeView::TableExists { table: table(), policy: "truncate".to_owned() },
                "--table-exists 'crm.odd name=truncate'",
            ),
            (ChangeView::LeaveOut { table: "crm.a".to_owned() }, "--exclude crm.a"),
            (ChangeView::AcceptLossy, "--accept-lossy"),
            (set("if_exists", "\"append\""), "--if-exists append"),
            (set("threads_max", "7"), "--threads-max 7"),
            (set("switches.zero_date_to_null", "true"), "--switch zero_date_to_null"),
            (
                set("objects.leave_out", "[\"trigger\", \"foreign_key\"]"),
                "--leave-out trigger --leave-out foreign_key",
            ),
            (set("rejects.on_bad_row", "\"reject\""), "--bad-rows reject"),
            (set("order", "\"listed\""), "in the job file: order = \"listed\""),
        ] {
            let way = WayView { title: "a way".to_owned(), change };
            let one = FindingView { ways: vec![way], ..FindingView::default() };
            let text = finding(&one);
            assert_eq!(text[1], format!("{INDENT}1  a way"));
            assert_eq!(text[2], format!("{INDENT}   {flag}"));
        }
        let way = WayView {
            title: "back".to_owned(),
            change: ChangeView::Page { page: "pick".to_owned() },
        };
        let one = FindingView { ways: vec![way], ..FindingView::default() };
        assert_eq!(finding(&one).len(), 2);
    }
}
