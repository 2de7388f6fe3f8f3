//! The only part of the console that reads or writes anything: terminal, sockets, files, clock.
//!
//! One loop owns the model: it waits, takes all that came, updates, carries out the effects, and
//! draws at most once. Keys are drawn at once, news of the engine at a calm pace, and a frame that
//! changes nothing is not written.

mod drafts;
mod editor;
mod handout;
mod input;
mod looks;
mod net;
mod screen;
mod survey;

use std::env;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use ratatui::Terminal;
use tokio::sync::mpsc::Sender;

use self::input::{Batch, ESC_HOLD, ESC_HOLD_SSH, KeyFilter};
pub use self::looks::theme_of;
use self::net::Order;
use self::screen::Screen;
use super::keymap::Keymap;
use super::model::{DraftStart, JobRow, Model, Now, SavedConnection, Start};
use super::msg::{Cmd, LinkNews, Msg};
use super::theme::{Glyphs, Look, Theme};
use super::{terminal, update, view};
use crate::client::Client;
use crate::clock::{Clock, SystemClock};
use crate::config::Paths;
use crate::core::name::JobName;
use crate::protocol::Snapshot;

/// Reads every job's master table; called on a thread of its own.
pub type JobsSource = Box<dyn Fn() -> Result<Vec<JobRow>, String> + Send + Sync>;

/// The definition of a job as the text of a draft of the second name.
pub type JobText = Box<dyn Fn(&str, &str) -> Result<String, String> + Send + Sync>;

/// Starts the engine of a draft and returns when it has the job.
pub type StartDraft = Box<dyn Fn(&DraftStart) -> Result<(), String> + Send + Sync>;

/// Reads one job's master table in full: what a console that starts no engine shows of it.
pub type StoredSource = std::sync::Arc<dyn Fn(&JobName) -> Option<Snapshot> + Send + Sync>;

/// Frames a second for news of the engine with `--slow`.
const FPS_SLOW: f64 = 0.5;
/// Keys are drawn at once, but not more often than this after one another: a key that comes right
/// behind another is on the screen within 50 ms all the same.
const KEY_FRAME: Duration = Duration::from_millis(40);
/// A reply that comes within this time after a key answers it.
const ASKED_FOR: Duration = Duration::from_secs(1);
/// A write that takes longer says that the line is slow.
const SLOW_WRITE: Duration = Duration::from_millis(200);
/// The slowest pace a slow line leads to.
const PACE_MAX: Duration = Duration::from_secs(5);
/// Inputs that may wait for the loop.
const INPUTS_MAX: usize = 512;
/// Messages taken in one round before a frame is drawn.
const ROUND_MAX: usize = 1_024;
const EXIT_PANIC: i32 = 101;
const EXIT_HANGUP: u8 = 129;

/// How a console is opened.
pub struct ConsoleOptions {
    /// The job to attach to; `None`: the jobs list.
    pub job: Option<JobName>,
    pub read_only: bool,
    /// The keys, with the operator's changes in them.
    pub keymap: Keymap,
    pub theme: Theme,
    /// `None`: as the locale says.
    pub glyphs: Option<Glyphs>,
    /// Frames a second, 0.2 to 10.
    pub fps: f64,
    /// For very slow lines: few frames, ASCII, no speed line.
    pub slow: bool,
    /// No synchronized updates.
    pub no_sync: bool,
    /// `panic`: fail on purpose after the first picture.
    pub fault: Option<String>,
    /// A line for every picture: what it was drawn for, milliseconds since that came, bytes.
    pub measure: Option<PathBuf>,
    pub paths: Paths,
    pub jobs: JobsSource,
    /// Of config.toml.
    pub connections: Vec<SavedConnection>,
    pub like: JobText,
    pub start: StartDraft,
    pub stored: StoredSource,
}

/// All that can wake the loop.
enum Input {
    Terminal(Batch),
    Msg(Box<Msg>),
    /// SIGCONT: the shell may have changed the terminal meanwhile.
    Continued,
}

/// Opens the console; returns when the operator leaves.
#[must_use]
pub fn run(options: ConsoleOptions) -> ExitCode {
    if !terminal::is_there() {
        eprintln!("the console needs a terminal; tidegate status JOB prints the same");
        return ExitCode::FAILURE;
    }
    match Console::open(options).and_then(Console::run) {
        Ok(farewell) => {
            terminal::leave();
            if let Some(farewell) = farewell {
                println!("{farewell}");
            }
            ExitCode::SUCCESS
        }
        // The terminal is gone: nobody is there to tell.
        Err(_) => {
            terminal::leave();
            ExitCode::from(EXIT_HANGUP)
        }
    }
}

struct Console {
    model: Model,
    screen: Terminal<Screen>,
    inputs: Receiver<Input>,
    sender: SyncSender<Input>,
    net: Sender<Order>,
    keys: KeyFilter,
    jobs: std::sync::Arc<JobsSource>,
    like: std::sync::Arc<JobText>,
    start: std::sync::Arc<StartDraft>,
    survey: survey::Survey,
    paths: Paths,
    /// This program, for commands of its own.
    program: PathBuf,
    begin: Instant,
    /// Between frames of news.
    pace: Duration,
    pace_set: Duration,
    last_frame: Option<Instant>,
    /// The last one that answered a key.
    last_answer: Option<Instant>,
    /// When the oldest key came that no frame has answered yet.
    key_since: Option<Instant>,
    /// When the last key came: what arrives shortly after was asked for by it.
    last_key: Option<Instant>,
    /// The last frame showed a job.
    job_shown: bool,
    measure: Option<std::fs::File>,
    resumed: Option<Instant>,
    fault: Option<String>,
    leaving: bool,
}

impl Console {
    fn open(options: ConsoleOptions) -> std::io::Result<Console> {
        let (sender, inputs) = sync_channel(INPUTS_MAX);
        let mut client = Client::new(options.paths.clone());
        if options.read_only {
            client = client.read_only();
        }
        let (user, program) = (client.identity.user.clone(), client.program.clone());
        let net = net::start(client, options.stored, sender.clone())?;
        let (columns, rows) = terminal::size();
        let glyphs = match options.glyphs {
            Some(glyphs) => glyphs,
            None if options.slow => Glyphs::Ascii,
            None => looks::glyphs_of_locale(),
        };
        let model = Model::new(Start {
            columns,
            rows,
            now: now(Instant::now()),
            look: Look { theme: options.theme, glyphs },
            read_only: options.read_only,
            slow: options.slow,
            user,
            host: terminal::host_name(),
            job: options.job.map(|job| job.to_string()),
            connections: options.connections,
            directory: drafts::directory(),
            keymap: options.keymap,
        });
        let fps = if options.slow { FPS_SLOW } else { options.fps.clamp(0.2, 10.0) };
        let pace = Duration::from_secs_f64(1.0 / fps);
        let hold = if env::var_os("SSH_TTY").is_some() { ESC_HOLD_SSH } else { ESC_HOLD };
        let screen = Screen::new(columns, rows, !options.no_sync);
        let console = Console {
            model,
            screen: Terminal::new(screen).unwrap_or_else(|never| match never {}),
            inputs,
            sender,
            net,
            keys: KeyFilter::new(hold),
            jobs: std::sync::Arc::new(options.jobs),
            like: std::sync::Arc::new(options.like),
            start: std::sync::Arc::new(options.start),
            survey: survey::Survey::default(),
            paths: options.paths,
            program,
            begin: Instant::now(),
            pace,
            pace_set: pace,
            last_frame: None,
            last_answer: None,
            key_since: None,
            last_key: None,
            job_shown: false,
            measure: options.measure.map(std::fs::File::create).transpose()?,
            resumed: None,
            fault: options.fault,
            leaving: false,
        };
        restore_on_panic(&console);
        terminal::catch_signals()?;
        terminal::enter()?;
        terminal::watch_line()?;
        watch_continue(console.sender.clone())?;
        input::read_terminal(console.sender.clone())?;
        Ok(console)
    }

    /// The loop. Gives the line that is printed after leaving.
    fn run(mut self) -> std::io::Result<Option<String>> {
        self.tell_clock();
        for cmd in update::begin(&self.model) {
            self.obey(cmd)?;
        }
        while !self.leaving {
            self.draw_when_due()?;
            let first = match self.inputs.recv_timeout(self.wait()) {
                Ok(input) => Some(input),
                Err(RecvTimeoutError::Timeout) => None,
                Err(RecvTimeoutError::Disconnected) => break,
            };
            self.tell_clock();
            let now = Instant::now();
            if let Some(msg) = self.keys.expire(now) {
                self.key_since.get_or_insert(now);
                self.take(msg)?;
            }
            if first.is_none() {
                self.take(Msg::Tick)?;
            }
            let rest: Vec<Input> = self.inputs.try_iter().take(ROUND_MAX).collect();
            for input in first.into_iter().chain(rest) {
                self.take_input(input)?;
                if self.leaving {
                    break;
                }
            }
            let mono = self.model.now.mono_ms;
            if self.model.wake_ms() <= mono {
                self.take(Msg::Tick)?;
            }
        }
        Ok(self.farewell())
    }

    fn farewell(&self) -> Option<String> {
        let job = self.model.job.as_ref().filter(|job| job.known)?;
        let state = job.state_word();
        let percent = job.job().progress.percent;
        Some(match state.as_str() {
            "COMPLETED" | "STOPPED" | "NOT RUNNING" => format!("{} is {state}.", job.name),
            _ => format!(
                "{} goes on without this console ({state} {percent}%). Come back with: \
                 tidegate attach {}",
                job.name, job.name
            ),
        })
    }

    fn take_input(&mut self, input: Input) -> std::io::Result<()> {
        match input {
            Input::Msg(msg) => {
                if self.is_asked_for(&msg) {
                    self.key_since.get_or_insert_with(Instant::now);
                }
                self.take(*msg)
            }
            Input::Terminal(batch) => {
                for msg in self.keys.take(&batch, self.model.in_text_field()) {
                    self.key_since.get_or_insert(batch.at);
                    self.last_key = Some(batch.at);
                    if let Msg::Resize { columns, rows } = msg {
                        self.screen.backend_mut().resize(columns, rows);
                    }
                    self.take(msg)?;
                    if self.leaving {
                        break;
                    }
                }
                Ok(())
            }
            Input::Continued => self.come_back(),
        }
    }

    fn take(&mut self, msg: Msg) -> std::io::Result<()> {
        for cmd in update::update(&mut self.model, msg) {
            self.obey(cmd)?;
        }
        Ok(())
    }

    /// The first picture of a job, and what a key asked for, is drawn as soon as it is there.
    fn is_asked_for(&self, msg: &Msg) -> bool {
        let lately = || self.last_key.is_some_and(|at| at.elapsed() < ASKED_FOR);
        match msg {
            Msg::Link(LinkNews::Update(_)) => !self.job_shown,
            Msg::Reply { .. } | Msg::Told(_) | Msg::Jobs(_) => lately(),
            _ => false,
        }
    }

    fn tell_clock(&mut self) {
        let Now { mono_ms, wall_ms, utc_offset_s } = now(self.begin);
        update::update(&mut self.model, Msg::Clock { mono_ms, wall_ms, utc_offset_s });
    }

    /// How long nothing need be done.
    fn wait(&self) -> Duration {
        let now = Instant::now();
        let mono = self.model.now.mono_ms;
        let mut wait = Duration::from_millis(self.model.wake_ms().saturating_sub(mono));
        let mut sooner = |at: Instant| {
            let left = at.saturating_duration_since(now);
            if left < wait {
                wait = left;
            }
        };
        if let Some(at) = self.keys.deadline() {
            sooner(at);
        }
        if self.model.dirty
            && let Some(at) = self.frame_due()
        {
            sooner(at);
        }
        wait + Duration::from_millis(1)
    }

    /// When the next frame may be drawn; `None`: now. A key need not wait for the pace of the
    /// news, unless the line is slow.
    fn frame_due(&self) -> Option<Instant> {
        if self.key_since.is_some() && self.pace == self.pace_set {
            return self.last_answer.map(|at| at + KEY_FRAME);
        }
        self.last_frame.map(|at| at + self.pace)
    }

    fn draw_when_due(&mut self) -> std::io::Result<()> {
        let now = Instant::now();
        if !self.model.dirty || self.frame_due().is_some_and(|at| now < at) {
            return Ok(());
        }
        // A picture that is held still changes only by keys.
        if self.model.frozen && self.key_since.is_none() && self.last_frame.is_some() {
            self.model.dirty = false;
            return Ok(());
        }
        self.model.dirty = false;
        let key_since = self.key_since.take();
        self.job_shown = self.model.job.as_ref().is_some_and(|job| job.known);
        let model = &self.model;
        self.screen.draw(|frame| view::view(model, frame)).unwrap_or_else(|never| match never {});
        let bytes = self.screen.backend_mut().take_frame();
        if !bytes.is_empty() {
            terminal::write_all(&bytes)?;
        }
        let end = Instant::now();
        self.last_frame = Some(end);
        if key_since.is_some() {
            self.last_answer = Some(end);
        }
        self.note_measure(key_since, end.duration_since(now), bytes.len())?;
        self.pace_line(end.duration_since(now))?;
        self.tell_clock();
        update::update(&mut self.model, Msg::Painted);
        if self.fault.as_deref() == Some("panic") && self.model.job.as_ref().is_none_or(|j| j.known)
        {
            panic!("asked for by --fault panic");
        }
        Ok(())
    }

    /// For `--measure`: how long a key waited for its picture, or how long a picture took.
    fn note_measure(
        &mut self,
        key_since: Option<Instant>,
        took: Duration,
        bytes: usize,
    ) -> std::io::Result<()> {
        let Some(file) = &mut self.measure else { return Ok(()) };
        let (what, span) = match key_since {
            Some(at) => ("key", at.elapsed()),
            None => ("news", took),
        };
        writeln!(file, "{what} {:.1} {bytes}", span.as_secs_f64() * 1_000.0)
    }

    /// A line that takes long gets fewer pictures until it takes them well.
    fn pace_line(&mut self, took: Duration) -> std::io::Result<()> {
        let before = self.pace;
        if took > SLOW_WRITE {
            let twice = self.pace * 2;
            self.pace = if twice < PACE_MAX { twice } else { PACE_MAX };
        } else if self.pace > self.pace_set {
            let half = self.pace / 2;
            self.pace = if half > self.pace_set { half } else { self.pace_set };
        }
        if self.pace == before {
            return Ok(());
        }
        let slow = self.pace > self.pace_set;
        let ms = u64::try_from(self.pace.as_millis()).unwrap_or(u64::MAX);
        self.take(Msg::SlowLine(slow.then_some(ms)))
    }

    fn obey(&mut self, cmd: Cmd) -> std::io::Result<()> {
        match cmd {
            Cmd::Leave => self.leaving = true,
            Cmd::Suspend => {
                terminal::suspend()?;
                self.resumed = Some(Instant::now());
                self.repaint()?;
            }
            Cmd::Repaint => self.repaint()?,
            Cmd::LoadJobs => self.load_jobs()?,
            Cmd::Shell { words } => self.shell(words)?,
            Cmd::Copy { text, note } => {
                let tmux = env::var_os("TMUX").is_some();
                let handed = handout::copy(&self.paths.state, &text, &note, tmux);
                if !handed.sequence.is_empty() {
                    terminal::write_all(&handed.sequence)?;
                }
                self.take(Msg::Told(handed.told))?;
            }
            Cmd::Write { name, text } => {
                let told = handout::write(&self.paths.state, &name, &text);
                self.take(Msg::Told(told))?;
            }
            Cmd::Attach { job } => self.order(Order::Attach { job }),
            Cmd::Detach => self.order(Order::Detach),
            Cmd::OnlyLook { job } => {
                self.order(Order::OnlyLook);
                if let Some(job) = job {
                    self.order(Order::Attach { job });
                }
            }
            Cmd::Request { ticket, body } => self.order(Order::Request { ticket, body }),
            Cmd::Act { job, action, start } => self.order(Order::Act { job, action, start }),
            Cmd::LookAtProcess { pid } => self.take(Msg::Process(process_state(pid)))?,
            Cmd::Tail { path } => self.order(Order::Tail { path: PathBuf::from(path) }),
            Cmd::Survey { .. }
            | Cmd::EndSurvey
            | Cmd::SaveDraft { .. }
            | Cmd::LoadDraft { .. }
            | Cmd::DropDraft { .. }
            | Cmd::LikeJob { .. }
            | Cmd::StartJob { .. }
            | Cmd::OutsideEditor { .. } => self.obey_wizard(cmd)?,
        }
        Ok(())
    }

    /// A full queue means that the thread is stuck; then the operator is told instead of waiting.
    fn order(&mut self, order: Order) {
        if self.net.try_send(order).is_err() {
            self.model.say("the link to the engine is busy; nothing was sent, try again");
        }
    }

    fn load_jobs(&mut self) -> std::io::Result<()> {
        let (jobs, sender) = (std::sync::Arc::clone(&self.jobs), self.sender.clone());
        let look = move || {
            let _ = sender.send(Input::Msg(Box::new(Msg::Jobs(jobs()))));
        };
        thread::Builder::new().name("jobs-list".to_owned()).spawn(look).map(drop)
    }

    /// Another command of this program, on a thread of its own. It has no terminal, so it cannot
    /// ask anything.
    fn shell(&mut self, words: Vec<String>) -> std::io::Result<()> {
        let (program, sender) = (self.program.clone(), self.sender.clone());
        let run = move || {
            let said = handout::shell(&program, &words);
            let _ = sender.send(Input::Msg(Box::new(Msg::Shell { words, said })));
        };
        thread::Builder::new().name("shell".to_owned()).spawn(run).map(drop)
    }

    /// After Ctrl-L, Ctrl-Z and a stop from outside: everything anew.
    fn repaint(&mut self) -> std::io::Result<()> {
        let (columns, rows) = terminal::size();
        self.screen.backend_mut().forget();
        self.screen.backend_mut().resize(columns, rows);
        self.screen.clear().unwrap_or_else(|never| match never {});
        self.last_frame = None;
        self.last_answer = None;
        self.take(Msg::Resize { columns, rows })
    }

    /// SIGCONT after a stop from outside; after our own Ctrl-Z all is done already.
    fn come_back(&mut self) -> std::io::Result<()> {
        let just_did = self.resumed.is_some_and(|at| at.elapsed() < Duration::from_millis(500));
        if !just_did {
            terminal::leave();
            terminal::enter()?;
            self.repaint()?;
        }
        Ok(())
    }
}

/// The letter of `/proc/PID/stat`. It stands behind the name, which may hold anything.
fn process_state(pid: u32) -> Option<char> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit_once(") ")?.1.chars().next()
}

fn now(begin: Instant) -> Now {
    let wall_ms = SystemClock.now().0;
    Now {
        mono_ms: u64::try_from(begin.elapsed().as_millis()).unwrap_or(u64::MAX),
        wall_ms,
        utc_offset_s: terminal::utc_offset_s(wall_ms),
    }
}

/// Tells the loop of every SIGCONT.
fn watch_continue(sender: SyncSender<Input>) -> std::io::Result<()> {
    let mut signals = signal_hook::iterator::Signals::new([libc::SIGCONT])?;
    let wait = move || {
        for _ in signals.forever() {
            if sender.send(Input::Continued).is_err() {
                break;
            }
        }
    };
    thread::Builder::new().name("continue-watch".to_owned()).spawn(wait).map(drop)
}

/// A fault in the screen itself: first the terminal, then the message, then a report in a file.
fn restore_on_panic(console: &Console) {
    let state = console.paths.state.clone();
    let job = console.model.job.as_ref().map(|job| job.name.clone());
    std::panic::set_hook(Box::new(move |panic| {
        terminal::leave();
        let seconds = SystemClock.now().0.div_euclid(1000);
        let path = state.join(format!("crash-{seconds}.txt"));
        let backtrace = std::backtrace::Backtrace::force_capture();
        let report = format!("tidegate {}\n{panic}\n\n{backtrace}\n", env!("CARGO_PKG_VERSION"));
        let kept = std::fs::create_dir_all(&state).and_then(|()| std::fs::write(&path, report));
        let mut text = "tidegate's screen stopped because of a fault in itself.".to_owned();
        if let Some(job) = &job {
            let _ = write!(text, " The job {job} was not touched and goes on.");
        }
        let _ = match kept {
            Ok(()) => write!(text, "\nReport: {}", path.display()),
            Err(error) => write!(text, "\nNo report could be written ({error}): {panic}"),
        };
        if let Some(job) = &job {
            let _ = write!(text, "\nCome back with: tidegate attach {job}");
        }
        eprintln!("{text}");
        std::process::exit(EXIT_PANIC);
    }));
}
