//! A plan for people: what forbids the start first, what needs attention next.

use super::figures;
use super::output::{clean, columns};
use crate::protocol::{FindingView, PlanColumnView, PlanTableView, PlanView};

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
        lines.extend(part.lines().map(|line| format!("{:17}{}", "", clean(line))));
    }
    lines
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
}
