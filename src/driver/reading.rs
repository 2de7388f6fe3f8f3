//! What is said of a read that failed: the table, and what the operator wanted of its rows.

use crate::core::fault::{Disposition, Fault, FaultKind, Side, disposition_of};
use crate::core::plan::TablePlan;

/// Characters of a filter or an expression in a message.
const TEXT_SHOWN: usize = 160;

/// `fault` came while rows of `table` were read or summed (`verb`). What passes by itself is told
/// as it is; what fails the work names the texts that the server was given.
pub(super) fn told(mut fault: Fault, verb: &str, table: &TablePlan) -> Fault {
    let doing = format!("{verb} {}", table.source);
    let final_word = matches!(disposition_of(fault.kind), Disposition::FailWork);
    if !table.is_shaped() || !final_word {
        return fault.while_doing(&doing);
    }
    fault.hint = Some(hint(table));
    fault.while_doing(&format!("{doing} {}", texts(table)))
}

/// A text of the operator cannot stand in a statement.
pub(super) fn unlawful(table: &TablePlan, why: &str) -> Fault {
    let what = format!("read {} {}: {why}", table.source, texts(table));
    Fault::new(FaultKind::Usage, Side::Source, what).with_hint(hint(table))
}

fn hint(table: &TablePlan) -> String {
    format!(
        "If the filter or an expression is wrong, correct it in [[table]] of {}; other names than \
         its columns need their schema. Then copy the table again.",
        table.source
    )
}

/// `where (a > 1), mail = md5(mail)`.
fn texts(table: &TablePlan) -> String {
    let filter = table.rows.filter.iter().map(|text| format!("where ({})", shown(text)));
    let sample = table.rows.sample.iter().map(|percent| format!("sample {percent} %"));
    let read = table.columns.iter().filter_map(|column| {
        let text = column.expression.as_deref()?;
        Some(format!("{} = {}", column.name, shown(text)))
    });
    filter.chain(sample).chain(read).collect::<Vec<_>>().join(", ")
}

fn shown(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(TEXT_SHOWN) {
        Some((end, _)) => format!("{}...", &line[..end]),
        None => line,
    }
}
