//! The wizard's buttons.

use super::*;

pub(super) const ROWS: &[Action] = &[
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
    Action::new(
        "discard",
        Do::Discard,
        &[Place::Jobs, Place::Connect, Place::Pick, Place::Options, Place::Preflight],
        &[],
    )
    .says("throw the draft away", "Removes the draft. No job and no database is touched.")
    .asks(Tier::Asks)
    .typed("discard", "drafts discard NAME")
    .found_by("delete remove draft"),
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
        .twin("new NAME --job-file FILE")
        .short("table options")
        .found_by("where filter rename mask columns ddl"),
    Action::new("add", Do::Add, &[Place::Options], &["+"])
        .says("add an entry", "Adds an entry to the list under the cursor.")
        .twin("new NAME --job-file FILE")
        .short("add"),
    Action::new("remove", Do::Remove, &[Place::Options], &["-"])
        .says("remove the entry", "Takes the entry under the cursor out of its list.")
        .twin("new NAME --job-file FILE")
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
    .twin("new NAME --job-file FILE")
    .short("choose"),
    Action::new("save_text", Do::SaveText, &[Place::Editor], &["Ctrl-X"])
        .says("save and close", "Keeps the text and goes back.")
        .short("save, close"),
    Action::new("check_text", Do::CheckText, &[Place::Editor], &[])
        .says("check the text", "Asks the database what it makes of the text; reads only.")
        .typed("check text", "tables URL --check-where T=TEXT")
        .short("check"),
    Action::new("outside_editor", Do::OutsideEditor, &[Place::Editor], &[])
        .says("your own editor", "Opens the text in $VISUAL or $EDITOR and reads it back.")
        .typed("editor", "")
        .short("$EDITOR"),
];
