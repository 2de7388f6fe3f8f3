//! Which screen, and what of it.

use super::*;

pub(super) const ROWS: &[Action] = &[
    Action::new("failed", Do::Failed, JOB_LOST, &["f"])
        .says("failed chunks", "Lists failed chunks and steps, grouped by cause.")
        .typed("failed", "chunks JOB --state failed")
        .short("failed")
        .found_by("errors why"),
    Action::new("rejects", Do::Rejects, JOB_LOST, &["b"])
        .says(
            "rejected rows",
            "Lists rows that the target refused and that were put aside, grouped by cause, \
            with key and error. Enter shows the row itself.",
        )
        .typed("rejects", "rejects list JOB")
        .short("bad rows")
        .found_by("rejects bad refused rows errors export"),
    Action::new("verify", Do::Verify, JOB, &["v"])
        .says(
            "what a verification found",
            "Shows every table with its verdict and the rows that differ, by key.",
        )
        .typed("verify", "verify list JOB")
        .short("verify")
        .found_by("compare differences equal check"),
    Action::new("values", Do::Values, &[Place::Verify], &["V"])
        .says(
            "values of both sides",
            "Reads the differing rows of this table again from both databases and shows their \
            values. Rows are private: nothing of it is kept.",
        )
        .typed("values", "verify show JOB --values")
        .short("values"),
    Action::new("run", Do::Run, JOB_LOST, &["o"])
        .says("run screen", "Shows the run screen.")
        .typed("status", "status JOB")
        .short("run screen")
        .found_by("overview main tables"),
    Action::new("log", Do::Log, EVERY, &["L"])
        .says("log", "Shows the log of the job in full.")
        .typed("log", "log JOB")
        .short("log"),
    Action::new("history", Do::History, EVERY, &["H"])
        .says("history", "Shows every run of the job and who did what.")
        .typed("history", "history JOB")
        .short("history")
        .found_by("events who audit"),
    Action::new("jobs", Do::Jobs, EVERY, &["J"])
        .says("jobs list", "Shows all jobs. The job you leave goes on.")
        .typed("ls", "ls")
        .short("jobs")
        .found_by("jobs list"),
    Action::new("workers", Do::Workers, &[Place::Run], &["w"])
        .says("workers", "Shows what each worker does in the lower pane; again: the log.")
        .typed("workers", "status JOB")
        .short("workers")
        .found_by("threads busy waits"),
    Action::new("chunk_map", Do::ChunkMap, &[Place::Run], &["c"])
        .says(
            "chunk map",
            "Shows the chunks of the table under the cursor as a map; again: the log.",
        )
        .typed("map", "chunks JOB --table T")
        .short("map")
        .found_by("chunks"),
    Action::new("view", Do::View, &[Place::Run, Place::Table], &["t"])
        .says(
            "next view of the list",
            "Shows another part of the list: all, running, failed, left, done.",
        )
        .typed("view", "")
        .short("view"),
    Action::new("sort", Do::Sort, &[Place::Run, Place::Jobs, Place::Failed], &["S"])
        .says("next sort order", "Sorts the list by the next key.")
        .typed("sort", "")
        .short("sort")
        .found_by("order"),
];
