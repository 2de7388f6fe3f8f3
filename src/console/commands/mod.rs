//! The one table of actions: it feeds dispatch, key line, help, palette and `tidegate keys`.

mod consent;
mod palette;
mod table;

pub use consent::{names_of_target, target_name};
pub use palette::{Ask, in_a_shell, parse, suggest};
pub use table::ACTIONS;

/// Where a key is pressed: the screens, as far as their keys differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    Jobs,
    Plan,
    Run,
    Table,
    Failed,
    Rejects,
    Log,
    History,
    /// What a verification found.
    Verify,
    /// The engine of the job is gone.
    Lost,
    /// The wizard's pages.
    Connect,
    Pick,
    Options,
    Preflight,
    /// A text in the wizard's editor.
    Editor,
}

impl Place {
    /// In the order of the declaration: neighbours share actions.
    pub const ALL: [Place; 15] = [
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
        Place::Connect,
        Place::Pick,
        Place::Options,
        Place::Preflight,
        Place::Editor,
    ];

    /// A page of the wizard or its editor?
    #[must_use]
    pub fn is_wizard(self) -> bool {
        matches!(
            self,
            Place::Connect | Place::Pick | Place::Options | Place::Preflight | Place::Editor
        )
    }

    /// As in `tidegate keys --screen run`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Place::Jobs => "jobs",
            Place::Plan => "plan",
            Place::Run => "run",
            Place::Table => "table",
            Place::Failed => "failed",
            Place::Rejects => "rejects",
            Place::Log => "log",
            Place::History => "history",
            Place::Verify => "verify",
            Place::Connect => "connect",
            Place::Pick => "pick",
            Place::Options => "options",
            Place::Preflight => "preflight",
            Place::Editor => "editor",
            Place::Lost => "lost",
        }
    }
}

/// How much an action asks (UX 7.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tier {
    /// Changes nothing.
    Looks,
    /// One key takes it back; nothing is asked.
    Undo,
    /// Asks y.
    Asks,
    /// Asks for the target's name.
    Types,
}

impl Tier {
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Tier::Looks => "",
            Tier::Undo => "undo",
            Tier::Asks => "asks",
            Tier::Types => "types",
        }
    }
}

/// What an action does; `update` has one branch for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Do {
    Down,
    Up,
    Left,
    Right,
    First,
    Last,
    PageDown,
    PageUp,
    HalfDown,
    HalfUp,
    NextPane,
    PrevPane,
    Open,
    Back,
    Close,
    Leave,
    Cancel,
    Suspend,
    Repaint,
    Help,
    Command,
    Filter,
    NextMatch,
    PrevMatch,
    Copy,
    CopyAll,
    Zoom,
    Freeze,
    View,
    Sort,
    Write,
    Jobs,
    History,
    Verify,
    Values,
    CheckAgain,
    Log,
    Run,
    Failed,
    Rejects,
    RetryRejects,
    Start,
    Pause,
    Resume,
    ThreadsUp,
    ThreadsDown,
    ThreadsUp4,
    ThreadsDown4,
    ThreadsSet,
    RateUp,
    RateDown,
    Workers,
    ChunkMap,
    Mark,
    MarkAll,
    MarkNone,
    Retry,
    Skip,
    RestartWith,
    Stop,
    StopNow,
    DrainNow,
    ThreadsMax,
    Rate,
    IndexWorkers,
    Reload,
    Set,
    ReadOnly,
    Report,
    Doctor,
    NewJob,
    NewLike,
    Discard,
    /// The wizard's buttons.
    NextPage,
    PrevPage,
    Test,
    Tick,
    UnfoldAll,
    Invert,
    CountExact,
    TableOptions,
    Add,
    Remove,
    PreflightAgain,
    /// A numbered way out of a finding.
    Way,
    SaveText,
    CheckText,
    OutsideEditor,
}

/// One row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Action {
    /// Stable name for configuration and tests.
    pub id: &'static str,
    pub does: Do,
    pub places: &'static [Place],
    /// As help prints them; the first one is shown in the key line.
    pub keys: &'static [&'static str],
    /// Typed after `:`, with upper-case words for what follows; empty: key only.
    pub verb: &'static str,
    /// The twin on the command line; empty: none.
    pub shell: &'static str,
    pub tier: Tier,
    /// One or two words for the key line.
    pub short: &'static str,
    pub title: &'static str,
    /// `{pause}` in it stands for the key of that action.
    pub help: &'static str,
    /// Job states in which it does something; empty: in all.
    pub states: &'static str,
    /// More words that find it in the palette.
    pub words: &'static str,
}

impl Action {
    const fn new(
        id: &'static str,
        does: Do,
        places: &'static [Place],
        keys: &'static [&'static str],
    ) -> Action {
        Action {
            id,
            does,
            places,
            keys,
            verb: "",
            shell: "",
            tier: Tier::Looks,
            short: "",
            title: "",
            help: "",
            states: "",
            words: "",
        }
    }

    const fn says(self, title: &'static str, help: &'static str) -> Action {
        Action { title, help, ..self }
    }

    const fn asks(self, tier: Tier) -> Action {
        Action { tier, ..self }
    }

    const fn typed(self, verb: &'static str, shell: &'static str) -> Action {
        Action { verb, shell, ..self }
    }

    /// Only in these states of the job.
    const fn when(self, states: &'static str) -> Action {
        Action { states, ..self }
    }

    /// A key alone, with a twin on the command line.
    const fn twin(self, shell: &'static str) -> Action {
        Action { shell, ..self }
    }

    const fn short(self, short: &'static str) -> Action {
        Action { short, ..self }
    }

    const fn found_by(self, words: &'static str) -> Action {
        Action { words, ..self }
    }

    /// The row of an action.
    #[must_use]
    pub fn of(does: Do) -> &'static Action {
        ACTIONS.iter().find(|a| a.does == does).expect("a test finds every action")
    }

    #[must_use]
    pub fn at(&self, place: Place) -> bool {
        self.places.contains(&place)
    }

    /// The word the engine refuses by: `threads` of `threads N`.
    #[must_use]
    pub fn verb_word(&self) -> &'static str {
        self.verb.split(' ').next().unwrap_or_default()
    }

    /// Does anything change in the job, or is one made?
    #[must_use]
    pub fn changes(&self) -> bool {
        self.tier != Tier::Looks || matches!(self.does, Do::NewJob | Do::NewLike)
    }

    /// How much it asks on such a target: on production y is not enough, except to run again what
    /// failed.
    #[must_use]
    pub fn tier_on(&self, production: bool) -> Tier {
        match (self.tier, self.does) {
            (Tier::Asks, does) if production && does != Do::Retry => Tier::Types,
            (tier, _) => tier,
        }
    }

    /// Its text where there are no keys.
    #[must_use]
    pub fn help_plain(&self) -> String {
        self.help.replace(['{', '}'], "")
    }

    /// Has its verb a value to type behind it?
    #[must_use]
    pub fn needs_value(&self) -> bool {
        self.verb.split(' ').any(is_placeholder)
    }

    /// Its verb up to the first value to type.
    #[must_use]
    pub fn verb_before_value(&self) -> String {
        let fixed: Vec<&str> =
            self.verb.split(' ').take_while(|word| !is_placeholder(word)).collect();
        fixed.join(" ")
    }
}

/// `N`, `JOB`: a word that stands for what is typed.
fn is_placeholder(word: &str) -> bool {
    !word.is_empty() && word.chars().all(|c| c.is_ascii_uppercase())
}

/// The key line of a place, most useful first; it is cut at the window's width.
#[must_use]
pub fn key_line(place: Place) -> &'static [Do] {
    match place {
        Place::Jobs => &[
            Do::Open,
            Do::NewJob,
            Do::Pause,
            Do::Resume,
            Do::Log,
            Do::History,
            Do::Sort,
            Do::Filter,
        ],
        Place::Plan => {
            &[Do::Start, Do::Open, Do::NextPane, Do::Copy, Do::Write, Do::Log, Do::Filter]
        }
        Place::Run => &[
            Do::Pause,
            Do::Resume,
            Do::Failed,
            Do::Rejects,
            Do::Open,
            Do::Workers,
            Do::ChunkMap,
            Do::Log,
            Do::View,
            Do::Filter,
        ],
        Place::Table => &[
            Do::Mark,
            Do::Retry,
            Do::Skip,
            Do::Open,
            Do::Copy,
            Do::View,
            Do::Back,
            Do::Filter,
            Do::CopyAll,
        ],
        Place::Failed => &[
            Do::Mark,
            Do::MarkAll,
            Do::Retry,
            Do::Skip,
            Do::Open,
            Do::Copy,
            Do::Back,
            Do::Filter,
            Do::CopyAll,
        ],
        Place::Rejects => {
            &[Do::RetryRejects, Do::Open, Do::Copy, Do::Write, Do::Back, Do::Filter, Do::CopyAll]
        }
        Place::Log => &[Do::Filter, Do::NextMatch, Do::PrevMatch, Do::Copy, Do::Write, Do::Back],
        Place::History => &[Do::Filter, Do::Copy, Do::Write, Do::Log, Do::Back],
        Place::Verify => &[
            Do::Open,
            Do::Values,
            Do::CheckAgain,
            Do::Pause,
            Do::Resume,
            Do::Copy,
            Do::Write,
            Do::Back,
        ],
        Place::Lost => &[Do::Resume, Do::RestartWith, Do::Log, Do::Copy, Do::Run],
        Place::Connect | Place::Pick | Place::Options | Place::Preflight | Place::Editor => {
            wizard_key_line(place)
        }
    }
}

fn wizard_key_line(place: Place) -> &'static [Do] {
    match place {
        Place::Connect => &[Do::NextPane, Do::Tick, Do::Test, Do::NextPage, Do::Back],
        Place::Pick => &[
            Do::Tick,
            Do::MarkAll,
            Do::MarkNone,
            Do::Invert,
            Do::CountExact,
            Do::TableOptions,
            Do::Filter,
            Do::NextPage,
            Do::PrevPage,
        ],
        Place::Options => {
            &[Do::NextPane, Do::Open, Do::Add, Do::Remove, Do::NextPage, Do::PrevPage]
        }
        Place::Preflight => {
            &[Do::Way, Do::Start, Do::Open, Do::PreflightAgain, Do::Copy, Do::Write, Do::PrevPage]
        }
        Place::Editor => &[Do::SaveText, Do::CheckText, Do::OutsideEditor, Do::Back],
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_line_entry_is_bound_there() {
        for place in Place::ALL {
            for does in key_line(place) {
                let action = Action::of(*does);
                assert!(action.at(place), "{} is not bound in {place:?}", action.id);
                assert!(!action.short.is_empty(), "{} has no short name", action.id);
            }
        }
    }

    #[test]
    fn places_are_listed_as_they_are_declared() {
        for (at, place) in Place::ALL.into_iter().enumerate() {
            assert_eq!(place as usize, at, "{place:?}");
        }
    }

    #[test]
    fn ids_are_unique_and_texts_are_there() {
        let mut ids: Vec<&str> = ACTIONS.iter().map(|a| a.id).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), ACTIONS.len());
        for action in ACTIONS {
            assert!(!action.title.is_empty() && action.help.ends_with('.'), "{}", action.id);
            assert!(!action.keys.is_empty() || !action.verb.is_empty(), "{}", action.id);
            assert!(!action.places.is_empty(), "{}", action.id);
        }
    }

    #[test]
    fn what_changes_the_data_is_a_capital_or_typed() {
        for action in ACTIONS.iter().filter(|a| matches!(a.tier, Tier::Asks | Tier::Types)) {
            for key in action.keys {
                let capital = key.len() == 1 && key.chars().all(|c| c.is_ascii_uppercase());
                assert!(capital || action.does == Do::Start, "{} has key {key}", action.id);
            }
        }
    }
}
