//! LOAD DATA LOCAL never fails for a bad row: values are bent, duplicates dropped, and a warning
//! is all there is. Here a warning is a refusal, and the chunk is taken back.

use super::fault::{full_stop, row_trouble};
use super::link::{Done, Line};
use crate::core::fault::{Fault, FaultKind};

/// Warnings told in words; the rest is counted.
const SHOWN_MAX: usize = 3;

/// Said of statements and not of rows: unsafe for statement-based logging, deprecated syntax.
const HARMLESS: [u16; 4] = [1592, 1287, 1681, 6414];

/// What the server said of a row.
struct Warning {
    code: u16,
    text: String,
}

/// Fails when the statement just run has warned of a row.
pub(super) async fn check(line: &mut Line, done: Done, rows_before: u64) -> Result<(), Fault> {
    if done.warnings == 0 {
        return Ok(());
    }
    let listed = line.rows("SHOW WARNINGS").await?;
    let told = listed.len() as u64;
    let warnings: Vec<Warning> = listed
        .into_iter()
        .filter_map(|row| {
            let mut row = row.into_iter().skip(1);
            let code = row.next()??.parse().ok()?;
            Some(Warning { code, text: row.next()?? })
        })
        .filter(|warning| !HARMLESS.contains(&warning.code))
        .collect();
    let count = done.warnings - told + warnings.len() as u64;
    let Some(first) = warnings.first() else {
        return if count == 0 { Ok(()) } else { Err(uncounted(line, count)) };
    };
    let mut sentences: Vec<String> =
        warnings.iter().take(SHOWN_MAX).map(|warning| full_stop(&warning.text)).collect();
    if count > SHOWN_MAX as u64 {
        sentences.push(format!("{} more like these.", count - SHOWN_MAX as u64));
    }
    if rows_before > 0 {
        sentences.push(format!("Rows are counted from row {} of the chunk.", rows_before + 1));
    }
    let what = match count {
        1 => row_trouble(first.code).to_owned(),
        _ => format!("{}, and {} more warnings", row_trouble(first.code), count - 1),
    };
    Err(Fault::new(FaultKind::RowRefused, line.side, what)
        .with_code(first.code.to_string())
        .with_detail(sentences.join(" "))
        .with_hint(
            "Nothing of this chunk was kept. Mend the rows or the target's table, then run the \
             chunk again; or skip it.",
        ))
}

fn uncounted(line: &Line, count: u64) -> Fault {
    let what = format!("the server warned {count} times and does not say of what");
    Fault::new(FaultKind::RowRefused, line.side, what).with_hint("Nothing of this chunk was kept.")
}
