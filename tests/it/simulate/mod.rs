//! The job machine against a world that a seed makes up: servers that go away and forget, workers
//! that fail, answers that come late or never, an engine that is killed between any two lines, and
//! operators who press everything. After every step the invariants hold, and when the world is
//! kind again the job completes with every row in its place once.
//!
//! `TIDEGATE_SIM_SEED=17 cargo nextest run --no-capture one_seed` replays one seed and tells its
//! story; `TIDEGATE_SIM_KILL=80` also kills the engine after that many events.

use tidegate::core;

mod invariants;
#[path = "../../../src/core/job/tests/kit.rs"]
mod kit;
mod plans;
mod rng;
mod target;
mod world;

use world::World;

const SEEDS: u64 = 500;
const CHAOS_STEPS: usize = 400;

fn run(seed: u64, crash_at: Option<usize>) -> World {
    let mut world = World::new(seed, crash_at);
    for _ in 0..CHAOS_STEPS {
        world.chaos();
    }
    world.be_kind();
    world.verify();
    world
}

/// Runs a seed and names it when an assertion fails.
fn named(seed: u64, crash_at: Option<usize>) -> World {
    let outcome = std::panic::catch_unwind(|| run(seed, crash_at));
    outcome.unwrap_or_else(|cause| {
        eprintln!("replay with TIDEGATE_SIM_SEED={seed}, engine killed at event {crash_at:?}");
        std::panic::resume_unwind(cause)
    })
}

#[test]
fn five_hundred_seeds_end_with_every_row_once() {
    let (mut events, mut crashes, mut lost, mut again) = (0, 0, 0, 0);
    for seed in 0..SEEDS {
        let world = named(seed, None);
        events += world.history.len();
        crashes += world.crashes;
        lost += world.target.lost;
        again += world.emptied;
    }
    // A simulation in which nothing happens proves nothing.
    assert!(events > 50_000, "{events} events");
    assert!(crashes > 2_000, "{crashes} engines killed");
    assert!(lost > 500, "{lost} commits lost by the target");
    assert!(again > 100, "{again} tables begun again");
}

#[test]
fn the_engine_may_be_killed_after_any_event() {
    for seed in [3, 15] {
        let events = named(seed, None).history.len();
        for crash_at in 1..events {
            named(seed, Some(crash_at));
        }
    }
}

#[test]
fn one_seed() {
    let seed = std::env::var("TIDEGATE_SIM_SEED").ok().and_then(|text| text.parse().ok());
    let at = std::env::var("TIDEGATE_SIM_KILL").ok().and_then(|text| text.parse().ok());
    named(seed.unwrap_or(1), at);
}
