//! Findings of a plan: one line each, and the one under the cursor in full with its ways out. The
//! plan of a job and the wizard's last page show the same.

use ratatui::layout::Rect;

use super::pen::Pen;
use crate::protocol::FindingView;

/// `23 ok   3 warnings   1 blocks the start`.
#[must_use]
pub fn sums(findings: &[FindingView]) -> String {
    let of = |severity: &str| findings.iter().filter(|f| f.severity == severity).count();
    let warnings = match of("warn") {
        1 => "1 warning".to_owned(),
        n => format!("{n} warnings"),
    };
    let blocks = match of("BLOCK") {
        0 => String::new(),
        1 => "   1 blocks the start".to_owned(),
        n => format!("   {n} block the start"),
    };
    format!("{} ok   {warnings}{blocks}", of("ok"))
}

/// ` > BLOCK target  crm_new.orders already has 1,204 rows`.
pub fn line(pen: &mut Pen<'_>, line: Rect, finding: &FindingView, selected: bool) {
    let style = if selected { pen.look.bold() } else { pen.look.plain() };
    let (x, y, w) = (line.x, line.y, line.width);
    if selected {
        pen.put((x + 1, y), 1, ">", style);
    }
    let severity = if finding.severity == "BLOCK" { pen.look.alarm() } else { style };
    pen.put((x + 3, y), 5, &finding.severity, severity);
    let topic = if w < 60 { 7 } else { 11 };
    pen.put((x + 9, y), topic, &finding.topic, style);
    let from = 10 + topic;
    pen.put((x + from, y), w.saturating_sub(from), &finding.message, style);
    if selected {
        pen.restyle(Rect::new(x + 8, y, topic + 2, 1), pen.look.cursor());
    }
}

/// What stands above the text of a finding.
#[must_use]
pub fn title(finding: &FindingView) -> String {
    format!("{} {}", finding.severity, finding.topic)
}

/// The finding in full. `ways`: what stands before the numbered ways out, where they can be taken.
#[must_use]
pub fn text(finding: &FindingView, ways: &str) -> String {
    let mut text = finding.message.clone();
    for more in [&finding.detail, &finding.hint].into_iter().flatten() {
        text.push('\n');
        text.push_str(more);
    }
    if !finding.ways.is_empty() && !ways.is_empty() {
        text.push('\n');
        text.push_str(ways);
    }
    for (at, way) in finding.ways.iter().enumerate() {
        text.push_str(&format!("\n  {}  {}", at + 1, way.title));
    }
    text
}
