//! The rows. Order is the order of help: what steers, where to look, how to move.

mod navigation;
mod screens;
mod steering;
mod wizard;

use super::{Action, Do, Place, Tier};

const EVERY: &[Place] = &Place::ALL;
/// Screens of a job with an engine.
const JOB: &[Place] = from_to(Place::Plan, Place::Verify);
const JOB_LOST: &[Place] = from_to(Place::Plan, Place::Lost);
/// Screens from which a job is paused: those of a job and the list of jobs.
const STEER: &[Place] = from_to(Place::Jobs, Place::Verify);
const STEER_LOST: &[Place] = from_to(Place::Jobs, Place::Lost);
/// Pages of the wizard.
const WIZARD: &[Place] = from_to(Place::Connect, Place::Preflight);

/// Neighbours in [`Place::ALL`], both ends included.
const fn from_to(first: Place, last: Place) -> &'static [Place] {
    EVERY.split_at(last as usize + 1).0.split_at(first as usize).1
}

const PARTS: [&[Action]; 4] = [steering::ROWS, screens::ROWS, wizard::ROWS, navigation::ROWS];
const COUNT: usize = PARTS[0].len() + PARTS[1].len() + PARTS[2].len() + PARTS[3].len();

static ALL: [Action; COUNT] = {
    let mut all = [PARTS[0][0]; COUNT];
    let (mut part, mut at) = (0, 0);
    while part < PARTS.len() {
        let mut row = 0;
        while row < PARTS[part].len() {
            all[at] = PARTS[part][row];
            at += 1;
            row += 1;
        }
        part += 1;
    }
    all
};

/// Every action of the console.
pub static ACTIONS: &[Action] = &ALL;
