//! The job's one rate limit: a token bucket over bytes that all readers draw from.
//!
//! A reader passes when the bucket is not in debt and then pays for its whole block, so the mean is
//! exact whatever the size of a block, and a change of the limit counts from the next block on.
//! The same gate shuts when progress cannot be saved: then nothing more reaches the target.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use tokio::sync::watch;

use crate::driver::pipe::Throttle;

/// Unused allowance is kept for this long at most: a pause is not made up for by a burst.
const BURST: Duration = Duration::from_millis(250);

/// The limit and the gate.
pub struct JobThrottle {
    bucket: Mutex<Bucket>,
    /// First come, first served: nobody starves behind small blocks.
    turn: tokio::sync::Mutex<()>,
    changed: watch::Sender<u64>,
}

struct Bucket {
    rate: Option<f64>,
    /// Bytes that may pass; negative while in debt.
    tokens: f64,
    filled_at: Instant,
    is_shut: bool,
}

impl JobThrottle {
    #[must_use]
    pub fn new(rate_bytes: Option<u64>) -> JobThrottle {
        let rate = rate_bytes.map(|r| r as f64);
        let bucket = Bucket { rate, tokens: 0.0, filled_at: Instant::now(), is_shut: false };
        JobThrottle {
            bucket: Mutex::new(bucket),
            turn: tokio::sync::Mutex::new(()),
            changed: watch::Sender::new(0),
        }
    }

    /// Sets the limit; waiting readers look again at once.
    pub fn set_rate(&self, rate_bytes: Option<u64>) {
        self.change(|bucket| {
            bucket.rate = rate_bytes.map(|r| r as f64);
            bucket.tokens = 0.0;
            bucket.filled_at = Instant::now();
        });
    }

    /// Shuts or opens the gate.
    pub fn set_shut(&self, is_shut: bool) {
        self.change(|bucket| bucket.is_shut = is_shut);
    }

    fn change(&self, body: impl FnOnce(&mut Bucket)) {
        body(&mut self.lock());
        self.changed.send_modify(|n| *n = n.wrapping_add(1));
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Bucket> {
        self.bucket.lock().expect("nobody panics while holding the bucket")
    }
}

/// What a reader at the gate is told.
enum Gate {
    Passed,
    Wait(Duration),
    Shut,
}

impl Bucket {
    fn fill(&mut self, rate: f64, now: Instant) {
        let filled = self.tokens + rate * now.duration_since(self.filled_at).as_secs_f64();
        self.tokens = filled.clamp(f64::MIN, rate * BURST.as_secs_f64());
        self.filled_at = now;
    }

    fn ask(&mut self, bytes: u64, now: Instant) -> Gate {
        if self.is_shut {
            return Gate::Shut;
        }
        let Some(rate) = self.rate else { return Gate::Passed };
        self.fill(rate, now);
        if self.tokens < 0.0 {
            return Gate::Wait(Duration::from_secs_f64(-self.tokens / rate));
        }
        self.tokens -= bytes as f64;
        Gate::Passed
    }
}

#[async_trait::async_trait]
impl Throttle for JobThrottle {
    async fn take(&self, bytes: u64) {
        {
            let bucket = self.lock();
            if bucket.rate.is_none() && !bucket.is_shut {
                return;
            }
        }
        let _turn = self.turn.lock().await;
        let mut changed = self.changed.subscribe();
        loop {
            let gate = self.lock().ask(bytes, Instant::now());
            match gate {
                Gate::Passed => return,
                Gate::Wait(span) => {
                    tokio::select! {
                        () = tokio::time::sleep(span) => {}
                        _ = changed.changed() => {}
                    }
                }
                // The sender lives as long as `self`.
                Gate::Shut => drop(changed.changed().await),
            }
        }
    }

    fn is_holding(&self) -> bool {
        let mut bucket = self.lock();
        if bucket.is_shut {
            return true;
        }
        let Some(rate) = bucket.rate else { return false };
        bucket.fill(rate, Instant::now());
        bucket.tokens < 0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mean_is_exact_whatever_the_blocks() {
        let start = Instant::now();
        let mut bucket =
            Bucket { rate: Some(1000.0), tokens: 0.0, filled_at: start, is_shut: false };
        let (mut now, mut passed) = (start, 0);
        while passed < 50_000 {
            match bucket.ask(700, now) {
                Gate::Passed => passed += 700,
                Gate::Wait(span) => now += span + Duration::from_micros(1),
                Gate::Shut => unreachable!("nobody shut it"),
            }
        }
        let seconds = now.duration_since(start).as_secs_f64();
        assert!((48.0..51.0).contains(&seconds), "{seconds}");
    }

    #[tokio::test]
    async fn a_lifted_limit_frees_those_who_wait() {
        let throttle = std::sync::Arc::new(JobThrottle::new(Some(1)));
        throttle.take(1_000_000).await;
        let waiting = tokio::spawn({
            let throttle = throttle.clone();
            async move { throttle.take(1).await }
        });
        tokio::task::yield_now().await;
        assert!(throttle.is_holding());
        throttle.set_rate(None);
        tokio::time::timeout(Duration::from_secs(5), waiting).await.unwrap().unwrap();
    }

    #[tokio::test]
    async fn a_shut_gate_lets_nobody_through() {
        let throttle = std::sync::Arc::new(JobThrottle::new(None));
        throttle.set_shut(true);
        let waiting = tokio::spawn({
            let throttle = throttle.clone();
            async move { throttle.take(1).await }
        });
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        throttle.set_shut(false);
        tokio::time::timeout(Duration::from_secs(5), waiting).await.unwrap().unwrap();
    }
}
