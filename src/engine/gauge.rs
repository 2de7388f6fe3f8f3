//! Measures: what the workers move, smoothed for people (UX.md 10.7). Decides nothing.

use std::collections::VecDeque;

use crate::core::time::Timestamp;

/// Seconds kept: the longest mean.
const SECONDS_KEPT: usize = 600;
/// Values of the speed line.
const SPARK_LEN: usize = 64;
/// Seconds of the shown speed: shorter ones flicker.
const NOW_SECONDS: usize = 3;
/// No ETA before this much of a run, in time or in share.
const ETA_AFTER_MS: u64 = 120_000;
const ETA_AFTER_PERCENT: u64 = 2;
/// A shown ETA stays for this long, and until it is wrong by more than this.
const ETA_HOLD_MS: u64 = 10_000;
const ETA_CHANGE_PERCENT: u64 = 5;

/// Sums of what was moved so far: committed in this run plus in the hands of workers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Moved {
    pub rows: u64,
    pub bytes: u64,
}

/// Speeds of a run.
#[derive(Debug, Default)]
pub struct Gauge {
    /// Per whole second: (rows, bytes), newest last.
    seconds: VecDeque<(u64, u64)>,
    second_began: Option<(Timestamp, Moved)>,
    peak: u64,
    began: Option<Timestamp>,
    eta: Option<Eta>,
}

#[derive(Clone, Copy, Debug)]
struct Eta {
    made_at: Timestamp,
    /// Moments, so that a shown span does not move by itself.
    from: Timestamp,
    until: Timestamp,
}

impl Gauge {
    /// Looks at the sums; whatever the interval, seconds are kept.
    pub fn sample(&mut self, now: Timestamp, moved: Moved) {
        self.began.get_or_insert(now);
        let Some((began, before)) = self.second_began else {
            self.second_began = Some((now, moved));
            return;
        };
        let elapsed = now.since_ms(began);
        if elapsed < 1_000 {
            return;
        }
        // A released chunk takes its bytes back: that is no negative speed.
        let rows = moved.rows.saturating_sub(before.rows);
        let bytes = moved.bytes.saturating_sub(before.bytes);
        let seconds = (elapsed / 1_000).clamp(1, SECONDS_KEPT as u64);
        for _ in 0..seconds {
            if self.seconds.len() == SECONDS_KEPT {
                self.seconds.pop_front();
            }
            self.seconds.push_back((rows * 1_000 / elapsed, bytes * 1_000 / elapsed));
        }
        let speed = self.bytes_per_s();
        if self.seconds.len() >= NOW_SECONDS && speed > self.peak {
            self.peak = speed;
        }
        self.second_began = Some((now, moved));
    }

    /// Forgets the seconds: a new run or the end of a pause.
    pub fn restart(&mut self) {
        *self = Gauge { peak: self.peak, ..Gauge::default() };
    }

    fn mean(&self, seconds: usize) -> (u64, u64) {
        let taken = self.seconds.iter().rev().take(seconds);
        let count = taken.len() as u64;
        let (rows, bytes) =
            taken.fold((0_u64, 0_u64), |(r, b), (rows, bytes)| (r + rows, b + bytes));
        (rows.checked_div(count).unwrap_or(0), bytes.checked_div(count).unwrap_or(0))
    }

    #[must_use]
    pub fn bytes_per_s(&self) -> u64 {
        self.mean(NOW_SECONDS).1
    }

    #[must_use]
    pub fn rows_per_s(&self) -> u64 {
        self.mean(NOW_SECONDS).0
    }

    #[must_use]
    pub fn mean_1m(&self) -> u64 {
        self.mean(60).1
    }

    #[must_use]
    pub fn mean_10m(&self) -> u64 {
        self.mean(SECONDS_KEPT).1
    }

    #[must_use]
    pub fn peak(&self) -> u64 {
        self.peak
    }

    #[must_use]
    pub fn spark(&self) -> Vec<u64> {
        let skip = self.seconds.len().saturating_sub(SPARK_LEN);
        self.seconds.iter().skip(skip).map(|(_, bytes)| *bytes).collect()
    }

    /// When the copy ends, as a span in milliseconds from `now`: from the slower and the faster of
    /// the ten-minute and the one-minute speed.
    pub fn eta_ms(&mut self, now: Timestamp, left: u64, percent: u64) -> Option<(u64, u64)> {
        let ran = now.since_ms(self.began?);
        let speeds = [self.mean_1m(), self.mean_10m()];
        if left == 0 || speeds.contains(&0) || (ran < ETA_AFTER_MS && percent < ETA_AFTER_PERCENT) {
            self.eta = None;
            return None;
        }
        let spans = speeds.map(|speed| left.saturating_mul(1_000) / speed);
        let (soon, late) = (spans[0].clamp(0, spans[1]), spans[0].clamp(spans[1], u64::MAX));
        let fresh = Eta { made_at: now, from: now.plus_ms(soon), until: now.plus_ms(late) };
        let shown = match self.eta {
            Some(old) if !is_outdated(&old, &fresh, now) => old,
            _ => fresh,
        };
        self.eta = Some(shown);
        Some((shown.from.since_ms(now), shown.until.since_ms(now)))
    }
}

fn is_outdated(old: &Eta, fresh: &Eta, now: Timestamp) -> bool {
    if now.since_ms(old.made_at) < ETA_HOLD_MS {
        return false;
    }
    let moved = old.until.0.abs_diff(fresh.until.0);
    moved * 100 > fresh.until.since_ms(now) * ETA_CHANGE_PERCENT
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(gauge: &mut Gauge, from_s: i64, seconds: i64, bytes_per_s: u64, moved: &mut Moved) {
        for quarter in 0..seconds * 4 {
            gauge.sample(Timestamp((from_s * 4 + quarter) * 250), *moved);
            moved.bytes += bytes_per_s / 4;
            moved.rows += 1;
        }
    }

    #[test]
    fn speeds_are_means_over_whole_seconds() {
        let (mut gauge, mut moved) = (Gauge::default(), Moved::default());
        run(&mut gauge, 0, 30, 1_000, &mut moved);
        assert_eq!(gauge.bytes_per_s(), 1_000);
        run(&mut gauge, 30, 30, 3_000, &mut moved);
        assert_eq!(gauge.bytes_per_s(), 3_000);
        assert_eq!(gauge.peak(), 3_000);
        assert!((1_900..2_100).contains(&gauge.mean_1m()), "{}", gauge.mean_1m());
        assert_eq!(gauge.spark().len(), 59);
    }

    #[test]
    fn a_released_chunk_is_no_negative_speed() {
        let mut gauge = Gauge::default();
        gauge.sample(Timestamp(0), Moved { rows: 10, bytes: 10_000 });
        gauge.sample(Timestamp(1_000), Moved { rows: 0, bytes: 0 });
        assert_eq!(gauge.bytes_per_s(), 0);
    }

    #[test]
    fn no_eta_before_there_is_a_rate_and_a_steady_one_after() {
        let (mut gauge, mut moved) = (Gauge::default(), Moved::default());
        run(&mut gauge, 0, 60, 1_000, &mut moved);
        assert_eq!(gauge.eta_ms(Timestamp(60_000), 100_000, 1), None);
        assert!(gauge.eta_ms(Timestamp(60_000), 100_000, 2).is_some());
        run(&mut gauge, 60, 61, 1_000, &mut moved);
        let (from, until) = gauge.eta_ms(Timestamp(121_000), 100_000, 1).unwrap();
        assert!((95_000..105_000).contains(&from) && from <= until, "{from} {until}");
        // A second later the moment is the same, the span a second less.
        let (_, later) = gauge.eta_ms(Timestamp(122_000), 99_000, 1).unwrap();
        assert_eq!(until - later, 1_000);
    }
}
