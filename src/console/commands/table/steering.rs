//! What changes a job.

use super::*;

pub(super) const ROWS: &[Action] = &[
    Action::new("start", Do::Start, &[Place::Plan, Place::Preflight], &["s"])
        .says(
            "start the job",
            "Accepts the plan and starts. A plan with a BLOCK cannot start. On a production \
            target it asks.",
        )
        .asks(Tier::Asks)
        .typed("start", "start JOB")
        .when("DEFINING")
        .short("start")
        .found_by("begin go"),
    Action::new("pause", Do::Pause, STEER, &["p"])
        .says(
            "pause after current chunks",
            "Workers finish the chunk they hold, then wait. The engine stays up and keeps \
            its place and its snapshot. Undo with {resume}. Pressing {pause} again while it \
            pauses changes nothing.",
        )
        .asks(Tier::Undo)
        .typed("pause", "pause JOB")
        .when("EXECUTING, COMPLETING, STOP PENDING")
        .short("pause")
        .found_by("hold wait slow"),
    Action::new("resume", Do::Resume, STEER_LOST, &["r"])
        .says(
            "resume, go on",
            "Goes on after a pause, ends a hold and looks at once; on a lost engine it \
            starts a new one, which goes on where the old one was.",
        )
        .asks(Tier::Undo)
        .typed("resume", "resume JOB")
        .when("IDLING, STOP PENDING, STOPPED, NOT RUNNING, or held")
        .short("resume")
        .found_by("continue restart go unpause try now"),
    Action::new(
        "restart_with",
        Do::RestartWith,
        &[Place::Lost],
        &["1", "2", "3", "4", "5", "6", "7", "8", "9"],
    )
    .says(
        "restart with that many threads",
        "Starts a new engine with that many threads; it goes on where the old one was.",
    )
    .asks(Tier::Undo)
    .twin("resume JOB --threads N")
    .when("NOT RUNNING")
    .short("with n threads"),
    Action::new("threads_up", Do::ThreadsUp, JOB, &["+", "="])
        .says("one thread more", "Asks for one worker more. New workers connect one after another.")
        .asks(Tier::Undo)
        .twin("threads JOB N")
        .found_by("faster parallel"),
    Action::new("threads_down", Do::ThreadsDown, JOB, &["-", "_"])
        .says("one thread less", "Asks for one worker less. It finishes its chunk first.")
        .asks(Tier::Undo)
        .twin("threads JOB N")
        .found_by("slower parallel"),
    Action::new("threads_up4", Do::ThreadsUp4, JOB, &[">"])
        .says("four threads more", "Asks for four workers more.")
        .asks(Tier::Undo)
        .twin("threads JOB N")
        .found_by("faster parallel"),
    Action::new("threads_down4", Do::ThreadsDown4, JOB, &["<"])
        .says("four threads less", "Asks for four workers less.")
        .asks(Tier::Undo)
        .twin("threads JOB N")
        .found_by("slower parallel"),
    Action::new(
        "threads_set",
        Do::ThreadsSet,
        JOB,
        &["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"],
    )
    .says("set the thread count", "Type the number, Enter sets it, Esc drops it.")
    .asks(Tier::Undo)
    .typed("threads N", "threads JOB N")
    .found_by("slow fast faster slower parallel workers jobs"),
    Action::new("threads_max", Do::ThreadsMax, JOB, &[])
        .says("move the slider's right end", "Raises or lowers the ceiling of the thread count.")
        .asks(Tier::Undo)
        .typed("threads max N", "threads JOB --max N")
        .found_by("ceiling limit"),
    Action::new("drain_now", Do::DrainNow, JOB, &[])
        .says(
            "give draining chunks back",
            "Workers that were asked to leave give their chunk back instead of finishing it.",
        )
        .asks(Tier::Asks)
        .typed("drain now", "drain JOB --now")
        .when("EXECUTING")
        .found_by("threads slow"),
    Action::new("rate_up", Do::RateUp, JOB, &[")"])
        .says(
            "raise the rate limit",
            "Next step of the scale: 1 2 5 10 20 40 60 80 100 150 200 300 400 600 800 MB/s, \
            no limit.",
        )
        .asks(Tier::Undo)
        .twin("rate JOB 40MB/s")
        .found_by("faster throttle"),
    Action::new("rate_down", Do::RateDown, JOB, &["("])
        .says("lower the rate limit", "The step of the scale below.")
        .asks(Tier::Undo)
        .twin("rate JOB 40MB/s")
        .found_by("slower throttle"),
    Action::new("rate", Do::Rate, JOB, &[])
        .says("limit the copy", "The limit is for all threads together: 40 MB/s, 500k, none.")
        .asks(Tier::Undo)
        .typed("rate N MB/s", "rate JOB 40MB/s")
        .found_by("slow slower throttle limit bandwidth off none"),
    Action::new("index_workers", Do::IndexWorkers, JOB, &[])
        .says(
            "number of index builds",
            "Limits how many indexes and keys are built at the same time.",
        )
        .asks(Tier::Undo)
        .typed("index-workers N", "index-workers JOB N")
        .found_by("indexes keys build"),
    Action::new("mark", Do::Mark, &[Place::Table, Place::Failed], &["Space"])
        .says(
            "mark, unmark",
            "Marks the chunk under the cursor, or a whole group, for {retry} and {skip}.",
        )
        .short("mark"),
    Action::new(
        "mark_all",
        Do::MarkAll,
        &[Place::Table, Place::Failed, Place::Pick, Place::Preflight],
        &["a"],
    )
    .says(
        "mark all shown",
        "Marks every failed chunk that is shown; in the picker picks every table shown; in the \
        report shows all that is well, too.",
    )
    .typed("mark all", "")
    .short("all"),
    Action::new("mark_none", Do::MarkNone, &[Place::Table, Place::Failed, Place::Pick], &["A"])
        .says("mark none", "Takes all marks away.")
        .typed("mark none", "")
        .short("none"),
    Action::new("retry", Do::Retry, &[Place::Run, Place::Table, Place::Failed], &["R"])
        .says(
            "run failed chunks again",
            "Runs the marked failed chunks again, or the one under the cursor, or all of \
            them, with fresh attempts. Asks when there is more than one.",
        )
        .asks(Tier::Asks)
        .typed("retry", "retry JOB --all")
        .short("re-run")
        .found_by("again rerun repeat"),
    Action::new("skip", Do::Skip, &[Place::Table, Place::Failed], &["X"])
        .says(
            "never copy these chunks",
            "Marks failed chunks as skipped: their rows will not be on the target, and the \
            job ends as COMPLETED with skipped chunks. {retry} takes it back until then. \
            Asks for a reason and for the target's name.",
        )
        .asks(Tier::Types)
        .typed("skip", "skip JOB --chunk T#N --reason TEXT")
        .when("every state before COMPLETED")
        .short("skip")
        .found_by("leave out ignore"),
    Action::new("retry_rejects", Do::RetryRejects, &[Place::Rejects], &["R"])
        .says(
            "read rejected rows again",
            "Reads the rejected rows again from the source by their keys, as they are now, and \
            loads what fits; the others stay rejected. Asks.",
        )
        .asks(Tier::Asks)
        .typed("rejects retry", "rejects retry JOB")
        .short("read again")
        .found_by("again rerun repeat mended"),
    Action::new("check_again", Do::CheckAgain, &[Place::Verify], &["R"])
        .says(
            "compare this table again",
            "Compares all chunks of this table again. Nothing is written to either side.",
        )
        .asks(Tier::Undo)
        .typed("check", "reload JOB TABLE")
        .short("check again"),
    Action::new("reload", Do::Reload, &[Place::Table], &[])
        .says(
            "begin this table again",
            "Empties the table on the target and copies all of its chunks again. Asks for \
            the target's name.",
        )
        .asks(Tier::Types)
        .typed("reload", "reload JOB TABLE")
        .found_by("truncate again redo"),
    Action::new("stop", Do::Stop, JOB, &[])
        .says(
            "stop the job and its engine",
            "Workers finish the chunk they hold, then the engine leaves. {resume} starts it again. \
            The snapshot of the source is given up.",
        )
        .asks(Tier::Asks)
        .typed("stop", "stop JOB")
        .found_by("end halt quit"),
    Action::new("stop_now", Do::StopNow, JOB, &[])
        .says(
            "stop at once",
            "Chunks under way are rolled back and given back, then the engine leaves.",
        )
        .asks(Tier::Types)
        .typed("stop now", "stop JOB --now")
        .found_by("abort end halt"),
];
