//! Moving, reading and leaving: nothing of it changes a job.

use super::*;

pub(super) const ROWS: &[Action] = &[
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
        .typed("help", "keys")
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
        .twin("chunks JOB --state failed")
        .short("copy")
        .found_by("clipboard yank"),
    Action::new("copy_all", Do::CopyAll, EVERY, &["Y"])
        .says(
            "copy message and details",
            "Sends the message with statement, key range and numbers.",
        )
        .twin("chunks JOB --state failed --json")
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
    Action::new("write", Do::Write, EVERY, &["W"])
        .says(
            "write this page to a file",
            "Writes the page or list, whole and unfiltered, to a file and says where.",
        )
        .typed("write", "status JOB")
        .short("to a file")
        .found_by("report save export"),
    Action::new("set", Do::Set, EVERY, &[])
        .says(
            "theme and glyphs of this console",
            "set theme auto, dark, light, contrast or mono; set glyphs unicode or ascii.",
        )
        .typed("set NAME VALUE", "attach JOB --theme THEME")
        .found_by("theme colour color glyphs ascii unicode dark light"),
    Action::new("report", Do::Report, JOB_LOST, &[])
        .says(
            "report of the job, to a file",
            "Writes figures, tables, failures with their whole messages and the story of the job \
            to a file and says where.",
        )
        .typed("report", "report JOB")
        .found_by("write save export summary"),
    Action::new("doctor", Do::Doctor, EVERY, &[])
        .says(
            "check this host",
            "Looks at files, locks, sockets, memory and terminal, and says what may stand in the \
            way. Changes nothing.",
        )
        .typed("doctor", "doctor")
        .found_by("host trouble problem health"),
    Action::new("read_only", Do::ReadOnly, EVERY, &[])
        .says(
            "only look from now on",
            "From now on this console looks and does not act; the engine refuses it too. Attach \
            again to act.",
        )
        .typed("read-only", "attach JOB --read-only")
        .found_by("look watch safe"),
];
