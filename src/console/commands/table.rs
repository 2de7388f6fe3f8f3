//! The rows. Order is the order of help.

use super::{Action, Do, Place, Tier};

const EVERY: &[Place] = &Place::ALL;
/// Screens of a job with an engine.
const JOB: &[Place] = &[
    Place::Plan,
    Place::Run,
    Place::Table,
    Place::Failed,
    Place::Rejects,
    Place::Log,
    Place::History,
    Place::Verify,
];
const JOB_LOST: &[Place] = &[
    Place::Plan,
    Place::Run,
    Place::Table,
    Place::Failed,
    Place::Rejects,
    Place::Log,
    Place::History,
    Place::Verify,
    Place::Lost,
];
/// Screens from which a job is paused: those of a job and the list of jobs.
const STEER: &[Place] = &[
    Place::Jobs,
    Place::Plan,
    Place::Run,
    Place::Table,
    Place::Failed,
    Place::Rejects,
    Place::Log,
    Place::History,
    Place::Verify,
];
const STEER_LOST: &[Place] = &[
    Place::Jobs,
    Place::Plan,
    Place::Run,
    Place::Table,
    Place::Failed,
    Place::Rejects,
    Place::Log,
    Place::History,
    Place::Verify,
    Place::Lost,
];
const STEER_JOB: &[Place] = JOB;
/// Pages of the wizard.
const WIZARD: &[Place] = &[Place::Connect, Place::Pick, Place::Options, Place::Preflight];

/// Every action of the console.
pub const ACTIONS: &[Action] = &[
    Action::new("down", Do::Down, EVERY, &["j", "Down"])
        .says("line down", "Moves the cursor one line down."),
    Action::new("up", Do::Up, EVERY, &["k", "Up"]).says("line up", "Moves the cursor one line up."),
    Action::new("left", Do::Left, EVERY, &["h", "Left"])
        .says("left, fold", "Folds a group, moves left in a chunk map."),
    Action::new("right", Do::Right, EVERY, &["l", "Right"])
        .says("right, unfold", "Unfolds a group, moves right in a chunk map."),
    Action::new("first", Do::First, EVERY, &["g", "Home"])
        .says("first line", "Goes to the first line."),
    Action::new("last", Do::Last, EVERY, &["G", "End"]).says("last line", "Goes to the last line."),
    Action::new("page_down", Do::PageDown, EVERY, &["PgDn"])
        .says("page down", "Moves one page down."),
    Action::new("page_up", Do::PageUp, EVERY, &["PgUp"]).says("page up", "Moves one page up."),
    Action::new("half_down", Do::HalfDown, EVERY, &["Ctrl-D"])
        .says("half a page down", "Moves half a page down. It never deletes."),
    Action::new("half_up", Do::HalfUp, EVERY, &["Ctrl-U"])
        .says("half a page up", "Moves half a page up."),
    Action::new("next_pane", Do::NextPane, EVERY, &["Tab"])
        .says("next pane", "Moves on to the next pane of this screen.")
        .short("pane"),
    Action::new("prev_pane", Do::PrevPane, EVERY, &["Shift-Tab"])
        .says("previous pane", "Moves back to the pane before."),
    Action::new("open", Do::Open, EVERY, &["Enter"])
        .says(
            "detail, full text",
            "Opens what is under the cursor: a job, a table, an error in full.",
        )
        .short("detail"),
    Action::new("back", Do::Back, EVERY, &["Esc"])
        .says(
            "back",
            "Closes a box, clears a filter, goes up one screen. Never leaves the program.",
        )
        .short("back"),
    Action::new("close", Do::Close, EVERY, &["q"])
        .says(
            "close this screen",
            "Closes this screen; on the top screen it leaves the console. The job goes on.",
        )
        .typed("quit", "")
        .short("leave")
        .found_by("exit leave detach"),
    Action::new("leave", Do::Leave, EVERY, &["Q"])
        .says("leave from anywhere", "Leaves the console from any screen. The job goes on.")
        .typed("leave", "")
        .found_by("exit quit detach"),
    Action::new("cancel", Do::Cancel, EVERY, &["Ctrl-C"]).says(
        "cancel; twice: leave",
        "The first press is like Esc. Twice within a second leaves the console; the job \
            goes on.",
    ),
    Action::new("suspend", Do::Suspend, EVERY, &["Ctrl-Z"]).says(
        "stop the console only",
        "Gives the terminal back to the shell; fg comes back. The job goes on.",
    ),
    Action::new("repaint", Do::Repaint, EVERY, &["Ctrl-L"])
        .says("repaint the screen", "Clears the screen and paints everything again."),
    Action::new("help", Do::Help, EVERY, &["?", "F1"])
        .says("help", "Lists every action of this screen; type to search, Enter does it.")
        .typed("help", "")
        .short("help"),
    Action::new("command", Do::Command, EVERY, &[":"])
        .says(
            "command list",
            "Type a verb as in the shell, or any word that describes what you want.",
        )
        .short("command"),
    Action::new("filter", Do::Filter, EVERY, &["/"])
        .says("filter, search", "Filters a list or searches in a text. Esc clears it.")
        .short("filter"),
    Action::new("next_match", Do::NextMatch, &[Place::Log, Place::History], &["n"])
        .says("next match", "Goes to the next line that matches the search.")
        .short("next"),
    Action::new("prev_match", Do::PrevMatch, &[Place::Log, Place::History], &["N"])
        .says("previous match", "Goes to the match before.")
        .short("before"),
    Action::new("copy", Do::Copy, EVERY, &["y"])
        .says(
            "copy this message",
            "Sends the message under the cursor, unfiltered, to your terminal's clipboard \
            and to a file.",
        )
        .short("copy")
        .found_by("clipboard yank"),
    Action::new("copy_all", Do::CopyAll, EVERY, &["Y"])
        .says(
            "copy message and details",
            "Sends the message with statement, key range and numbers.",
        )
        .short("copy all")
        .found_by("clipboard yank"),
    Action::new("zoom", Do::Zoom, EVERY, &["z"])
        .says(
            "one pane on the whole screen",
            "Gives the pane the whole width, for reading and for selecting by mouse. Again: \
            back.",
        )
        .typed("zoom", "")
        .short("bigger"),
    Action::new("freeze", Do::Freeze, EVERY, &["Z"])
        .says(
            "hold the picture still",
            "Holds the picture still so that you can select text; any key goes on. The job \
            does not notice.",
        )
        .typed("freeze", "")
        .found_by("still hold"),
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
    Action::new("write", Do::Write, EVERY, &["W"])
        .says(
            "write this page to a file",
            "Writes the page or list, whole and unfiltered, to a file and says where.",
        )
        .typed("report", "")
        .short("to a file")
        .found_by("report save export"),
    Action::new("jobs", Do::Jobs, EVERY, &["J"])
        .says("jobs list", "Shows all jobs. The job you leave goes on.")
        .typed("ls", "ls")
        .short("jobs")
        .found_by("jobs list"),
    Action::new("history", Do::History, EVERY, &["H"])
        .says("history", "Shows every run of the job and who did what.")
        .typed("history", "history JOB")
        .short("history")
        .found_by("events who audit"),
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
    Action::new("check_again", Do::CheckAgain, &[Place::Verify], &["R"])
        .says(
            "compare this table again",
            "Compares all chunks of this table again. Nothing is written to either side.",
        )
        .asks(Tier::Undo)
        .typed("check", "reload JOB TABLE")
        .short("check again"),
    Action::new("log", Do::Log, EVERY, &["L"])
        .says("log", "Shows the log of the job in full.")
        .typed("log", "log JOB")
        .short("log"),
    Action::new("run", Do::Run, JOB_LOST, &["o"])
        .says("run screen", "Shows the run screen.")
        .typed("status", "status JOB")
        .short("run screen")
        .found_by("overview main tables"),
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
    Action::new("start", Do::Start, &[Place::Plan, Place::Preflight], &["s"])
        .says(
            "start the job",
            "Accepts the plan and starts. A plan with a BLOCK cannot start. On a production \
            target it asks.",
        )
        .asks(Tier::Asks)
        .typed("start", "start JOB")
        .short("start")
        .found_by("begin go"),
    Action::new("pause", Do::Pause, STEER, &["p"])
        .says(
            "pause after current chunks",
            "Workers finish the chunk they hold, then wait. The engine stays up and keeps \
            its place and its snapshot. Undo with r. Pressing p again while it pauses \
            changes nothing.",
        )
        .asks(Tier::Undo)
        .typed("pause", "pause JOB")
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
        .short("resume")
        .found_by("continue restart go unpause try now"),
    Action::new("threads_up", Do::ThreadsUp, STEER_JOB, &["+", "="])
        .says("one thread more", "Asks for one worker more. New workers connect one after another.")
        .asks(Tier::Undo)
        .found_by("faster parallel"),
    Action::new("threads_down", Do::ThreadsDown, STEER_JOB, &["-", "_"])
        .says("one thread less", "Asks for one worker less. It finishes its chunk first.")
        .asks(Tier::Undo)
        .found_by("slower parallel"),
    Action::new("threads_up4", Do::ThreadsUp4, STEER_JOB, &[">"])
        .says("four threads more", "Asks for four workers more.")
        .asks(Tier::Undo)
        .found_by("faster parallel"),
    Action::new("threads_down4", Do::ThreadsDown4, STEER_JOB, &["<"])
        .says("four threads less", "Asks for four workers less.")
        .asks(Tier::Undo)
        .found_by("slower parallel"),
    Action::new(
        "threads_set",
        Do::ThreadsSet,
        STEER_JOB,
        &["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"],
    )
    .says("set the thread count", "Type the number, Enter sets it, Esc drops it.")
    .asks(Tier::Undo)
    .typed("threads N", "threads JOB N")
    .found_by("slow fast faster slower parallel workers jobs"),
    Action::new("rate_up", Do::RateUp, STEER_JOB, &[")"])
        .says(
            "raise the rate limit",
            "Next step of the scale: 1 2 5 10 20 40 60 80 100 150 200 300 400 600 800 MB/s, \
            no limit.",
        )
        .asks(Tier::Undo)
        .found_by("faster throttle"),
    Action::new("rate_down", Do::RateDown, STEER_JOB, &["("])
        .says("lower the rate limit", "The step of the scale below.")
        .asks(Tier::Undo)
        .found_by("slower throttle"),
    Action::new("workers", Do::Workers, &[Place::Run], &["w"])
        .says("workers", "Shows what each worker does in the lower pane; again: the log.")
        .typed("workers", "")
        .short("workers")
        .found_by("threads busy waits"),
    Action::new("chunk_map", Do::ChunkMap, &[Place::Run], &["c"])
        .says(
            "chunk map",
            "Shows the chunks of the table under the cursor as a map; again: the log.",
        )
        .typed("map", "")
        .short("map")
        .found_by("chunks"),
    Action::new("mark", Do::Mark, &[Place::Table, Place::Failed], &["Space"])
        .says("mark, unmark", "Marks the chunk under the cursor, or a whole group, for R and X.")
        .short("mark"),
    Action::new("mark_all", Do::MarkAll, &[Place::Table, Place::Failed, Place::Pick], &["a"])
        .says(
            "mark all shown",
            "Marks every failed chunk that is shown; in the picker picks every table shown.",
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
            job ends as COMPLETED with skipped chunks. R takes it back until the job ends. \
            Asks for a reason and for the target's name.",
        )
        .asks(Tier::Types)
        .typed("skip", "skip JOB --chunk T#N --reason TEXT")
        .short("skip")
        .found_by("leave out ignore"),
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
    .short("with n threads"),
    Action::new("stop", Do::Stop, JOB, &[])
        .says(
            "stop the job and its engine",
            "Workers finish the chunk they hold, then the engine leaves. r starts it again. \
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
    Action::new("drain_now", Do::DrainNow, JOB, &[])
        .says(
            "give draining chunks back",
            "Workers that were asked to leave give their chunk back instead of finishing it.",
        )
        .asks(Tier::Asks)
        .typed("drain now", "")
        .found_by("threads slow"),
    Action::new("threads_max", Do::ThreadsMax, JOB, &[])
        .says("move the slider's right end", "Raises or lowers the ceiling of the thread count.")
        .asks(Tier::Undo)
        .typed("threads max N", "threads JOB --max N")
        .found_by("ceiling limit"),
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
        .typed("index-workers N", "")
        .found_by("indexes keys build"),
    Action::new("reload", Do::Reload, &[Place::Table], &[])
        .says(
            "begin this table again",
            "Empties the table on the target and copies all of its chunks again. Asks for \
            the target's name.",
        )
        .asks(Tier::Types)
        .typed("reload", "")
        .found_by("truncate again redo"),
    Action::new("set", Do::Set, EVERY, &[])
        .says(
            "theme and glyphs of this console",
            "set theme auto, dark, light, contrast or mono; set glyphs unicode or ascii.",
        )
        .typed("set NAME VALUE", "")
        .found_by("theme colour color glyphs ascii unicode dark light"),
    Action::new("new_job", Do::NewJob, &[Place::Jobs], &["n"])
        .says(
            "new job",
            "Opens the wizard with a new draft. A draft is a job file; it is saved with every \
            change and survives leaving.",
        )
        .typed("new", "new NAME --from URL --to URL")
        .short("new")
        .found_by("create define wizard draft copy"),
    Action::new("new_like", Do::NewLike, &[Place::Jobs], &["N"])
        .says("new job like this", "Opens the wizard with a draft made from this job.")
        .typed("new like", "new NAME --job-file FILE")
        .short("new like this")
        .found_by("clone copy again template"),
    Action::new("next_page", Do::NextPage, WIZARD, &["Ctrl-X"])
        .says("next page", "Goes on to the wizard's next page; from the last one it starts.")
        .typed("next", "")
        .short("next"),
    Action::new("prev_page", Do::PrevPage, WIZARD, &["Ctrl-R"])
        .says("page before", "Goes back one page; nothing is lost.")
        .typed("previous", "")
        .short("back"),
    Action::new("test", Do::Test, &[Place::Connect], &["t"])
        .says("test both connections", "Connects to both ends, says what is there, and leaves.")
        .typed("test", "probe URL")
        .short("test both")
        .found_by("connection ping try"),
    Action::new("tick", Do::Tick, WIZARD, &["Space"])
        .says("tick, pick", "Ticks a box, chooses, picks or drops what is under the cursor.")
        .short("pick"),
    Action::new("unfold_all", Do::UnfoldAll, &[Place::Pick], &["*"])
        .says("unfold all", "Unfolds every schema, or folds them when all are unfolded."),
    Action::new("invert", Do::Invert, &[Place::Pick], &["i"])
        .says(
            "invert what is shown",
            "Picks what was dropped and drops what was picked, of what is shown.",
        )
        .short("invert"),
    Action::new("count_exact", Do::CountExact, &[Place::Pick], &["m"])
        .says(
            "exact counts",
            "Counts the rows of the picked tables in the background; Esc stops it.",
        )
        .typed("count", "tables URL --exact")
        .short("exact counts")
        .found_by("rows number"),
    Action::new("table_options", Do::TableOptions, &[Place::Pick], &["e"])
        .says(
            "options of this table",
            "Filter, sample, columns, expressions, names, what if it exists, DDL by hand.",
        )
        .short("table options")
        .found_by("where filter rename mask columns ddl"),
    Action::new("add", Do::Add, &[Place::Options], &["+"])
        .says("add an entry", "Adds an entry to the list under the cursor.")
        .short("add"),
    Action::new("remove", Do::Remove, &[Place::Options], &["-"])
        .says("remove the entry", "Takes the entry under the cursor out of its list.")
        .short("remove"),
    Action::new("preflight_again", Do::PreflightAgain, &[Place::Preflight], &["R"])
        .says("check again", "Makes the report again; it reads only.")
        .typed("check", "plan --job-file FILE")
        .short("check again")
        .found_by("preflight report plan"),
    Action::new(
        "way",
        Do::Way,
        &[Place::Preflight],
        &["1", "2", "3", "4", "5", "6", "7", "8", "9"],
    )
    .says("choose a way out", "Takes the numbered way out of the finding under the cursor.")
    .short("choose"),
    Action::new("save_text", Do::SaveText, &[Place::Editor], &["Ctrl-X"])
        .says("save and close", "Keeps the text and goes back.")
        .short("save, close"),
    Action::new("check_text", Do::CheckText, &[Place::Editor], &[])
        .says("check the text", "Asks the database what it makes of the text; reads only.")
        .typed("check text", "tables URL --check")
        .short("check"),
    Action::new("outside_editor", Do::OutsideEditor, &[Place::Editor], &[])
        .says("your own editor", "Opens the text in $VISUAL or $EDITOR and reads it back.")
        .typed("editor", "")
        .short("$EDITOR"),
];
