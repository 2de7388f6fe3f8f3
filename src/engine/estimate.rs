//! How long a job may take, from a short read of its largest table. Reads the source alone and
//! changes nothing; the target may well be slower, so the answer is a span.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::planning::Passwords;
use crate::core::fault::Fault;
use crate::core::plan::{Finding, MigrationPlan, Severity, TablePlan, bytes_text};
use crate::core::spec::JobSpec;
use crate::driver::pipe::{Unlimited, pipe};
use crate::driver::{Block, BlockReceiver, ChunkTask, LedgerKey};

/// The longest that is read.
const READ_FOR: Duration = Duration::from_secs(5);

/// Of what one thread reads alone, what it moves at best and at worst beside others, in percent:
/// the target writes, indexes are built, threads share disks.
const SHARE_BEST: f64 = 90.0;
const SHARE_WORST: f64 = 35.0;

/// What was read.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Sample {
    rows: u64,
    bytes: u64,
    seconds: f64,
}

/// Reads for a few seconds and says what follows, as a finding.
///
/// # Errors
/// As reading says.
pub async fn estimate(
    spec: &JobSpec,
    passwords: &Passwords,
    plan: &MigrationPlan,
) -> Result<Finding, Fault> {
    let largest = plan.tables.iter().filter(|table| !table.chunks.is_empty());
    let largest = largest.max_by_key(|table| table.estimate.bytes);
    let Some(table) = largest else {
        return Ok(Finding::new(Severity::Ok, "speed", "there are no rows to move"));
    };
    let databases = super::open_databases(spec, "estimate", passwords)?;
    let snapshot = databases.source.open_snapshot(1).await?;
    let mut session = snapshot.session().await?;
    let mut sample = Sample::default();
    let begun = Instant::now();
    for chunk in &table.chunks {
        let left = READ_FOR.saturating_sub(begun.elapsed());
        if left.is_zero() {
            break;
        }
        let task = ChunkTask {
            table: Arc::new(table.clone()),
            range: chunk.range.clone(),
            key: LedgerKey::Chunk(0),
        };
        let (sink, blocks) = pipe(Arc::new(Unlimited), Arc::default());
        // A reader whose sink is gone stops by itself: that is how a long chunk ends.
        let (read, ()) = tokio::join!(session.read(&task, sink), drain(blocks, left, &mut sample));
        if let Err(fault) = read
            && begun.elapsed() < READ_FOR
        {
            return Err(fault.while_doing(&format!("read {}", table.source)));
        }
    }
    sample.seconds = begun.elapsed().as_secs_f64();
    Ok(told(spec, plan, table, sample))
}

async fn drain(mut blocks: BlockReceiver, within: Duration, sample: &mut Sample) {
    let until = tokio::time::Instant::now() + within;
    while let Ok(Some(block)) = tokio::time::timeout_at(until, blocks.next()).await {
        match block {
            Block::Raw { bytes, rows } => {
                sample.rows += rows;
                sample.bytes += bytes.len() as u64;
            }
            Block::Rows(batch) => {
                sample.rows += batch.rows() as u64;
                sample.bytes += batch.byte_len() as u64;
            }
        }
    }
}

fn told(spec: &JobSpec, plan: &MigrationPlan, table: &TablePlan, sample: Sample) -> Finding {
    if sample.bytes == 0 || sample.seconds <= 0.0 {
        let message = format!("{} gave no rows to measure", table.source);
        return Finding::new(Severity::Ok, "speed", message);
    }
    let per_thread = sample.bytes as f64 / sample.seconds;
    let message = format!(
        "sampled {} for {:.0} s: ~{}/s per thread, read alone",
        table.source,
        sample.seconds.ceil(),
        bytes_text(per_thread as u64)
    );
    // In the bytes that were read: estimates of tables count otherwise.
    let per_row = sample.bytes as f64 / sample.rows.clamp(1, u64::MAX) as f64;
    let of_table = table.estimate.bytes as f64 / table.estimate.rows.clamp(1, u64::MAX) as f64;
    let scale = if of_table > 0.0 { per_row / of_table } else { 1.0 };
    let rows: u64 = plan.tables.iter().map(|table| table.estimate.rows).sum();
    let bytes: u64 = plan.tables.iter().map(|table| table.estimate.bytes).sum();
    let travels = bytes as f64 * scale;
    let span = |threads: u32| {
        let best = travels / (per_thread * f64::from(threads) * SHARE_BEST / 100.0);
        let worst = travels / (per_thread * f64::from(threads) * SHARE_WORST / 100.0);
        format!("{threads} threads: {}", span_text(best, worst))
    };
    let more = spec.threads.saturating_mul(2);
    let mut spans = span(spec.threads);
    if more <= spec.threads_max {
        spans.push_str(&format!("; {}", span(more)));
    }
    Finding::new(Severity::Ok, "speed", message).with_detail(format!(
        "~{rows} rows, ~{}. {spans}. Rows only: indexes and keys come behind them.",
        bytes_text(bytes)
    ))
}

/// `~1h50-2h30`.
fn span_text(best_s: f64, worst_s: f64) -> String {
    let (best, worst) = (duration_text(best_s), duration_text(worst_s));
    match best == worst {
        true => format!("~{best}"),
        false => format!("~{best}-{worst}"),
    }
}

fn duration_text(seconds: f64) -> String {
    let seconds = seconds.round().clamp(1.0, 1e9) as u64;
    match seconds {
        0..90 => format!("{seconds} s"),
        90..5400 => format!("{} min", seconds.div_ceil(60)),
        _ => format!("{}h{:02}", seconds / 3600, seconds % 3600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_said_as_people_say_them() {
        assert_eq!(span_text(0.2, 0.4), "~1 s");
        assert_eq!(span_text(12.0, 31.0), "~12 s-31 s");
        assert_eq!(span_text(80.0, 400.0), "~80 s-7 min");
        assert_eq!(span_text(6600.0, 9000.0), "~1h50-2h30");
    }
}
