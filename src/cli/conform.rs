//! `conform`: statements that make the target's settings those of the source. Shown first; run one
//! by one after consent, which takes the target's name.

use serde_json::json;

use super::args::ConformArgs;
use super::ask;
use super::define;
use super::endpoints;
use super::failure::{Exit, Failure};
use super::output::clean;
use super::session::Session;
use crate::config::{Config, JobFile, load_template, save_template};
use crate::core::fault::Side;
use crate::core::plan::Change;
use crate::core::spec::{Endpoint, JobSpec, Secret};
use crate::core::sql;
use crate::driver::look::open_look;
use crate::driver::url::Access;
use crate::engine::{self, Passwords};

/// One statement and why.
struct Offer {
    number: usize,
    /// The finding it answers; of a template, its name.
    why: String,
    statement: String,
    /// It makes something beside the target: run only when it is asked for by its number.
    apart: bool,
}

/// # Errors
/// What cannot be read or planned; unanswered questions; the statement that failed.
pub async fn conform(session: &Session, args: &ConformArgs) -> Result<Exit, Failure> {
    let subject = Subject::read(session, args)?;
    let offers = match &args.template {
        Some(name) => of_template(session, name, &subject.target)?,
        None => subject.planned(session).await?,
    };
    let wanted = |offer: &Offer| match args.only.as_slice() {
        [] => args.show || !offer.apart,
        numbers => numbers.contains(&offer.number),
    };
    let offers: Vec<Offer> = offers.into_iter().filter(wanted).collect();
    show(session, &offers);
    if let Some(name) = &args.save {
        let statements: Vec<String> = offers.iter().map(|offer| offer.statement.clone()).collect();
        let path = save_template(&session.paths, name, subject.target.dialect, &statements)?;
        session.output.note(&format!("kept as template {name}: {}", path.display()));
        session.output.note(&format!("Run it for a job: tidegate conform --template {name} ..."));
    }
    if offers.is_empty() {
        session.output.text("nothing to do: no setting that was compared differs");
        return Ok(Exit::Done);
    }
    if args.show || args.save.is_some() && args.yes_target.is_none() {
        return Ok(Exit::Done);
    }
    let shown = subject.target.display();
    let doing = format!("Run these {} statements on {shown}", offers.len());
    let source = subject.spec.as_ref().map_or_else(String::new, |spec| spec.source.display());
    ask::name(&doing, &ask::Name::target(&source, &shown), args.yes_target.as_deref())?;
    run(session, &subject, &offers).await
}

/// What is to conform with what.
struct Subject {
    /// Absent: only a target was named, for a template.
    spec: Option<JobSpec>,
    target: Endpoint,
    passwords: Passwords,
}

impl Subject {
    fn read(session: &Session, args: &ConformArgs) -> Result<Subject, Failure> {
        let config = Config::load(&session.paths)?;
        let text = match (&args.job_file, &args.from, &args.to) {
            (Some(path), _, _) => Some((JobFile::load(path)?.text, path.display().to_string())),
            (None, Some(from), Some(to)) => {
                let text = |value: &str| toml::Value::String(value.to_owned()).to_string();
                let text = format!("from = {}\nto = {}\n", text(from), text(to));
                Some((text, "--from and --to".to_owned()))
            }
            _ => None,
        };
        let (spec, mut passwords) = match (text, &args.job) {
            (Some((text, place)), _) => define::draft(&config, &text, &place)?,
            (None, Some(job)) => {
                let job = session.existing(job)?;
                (session.spec(&job)?, Passwords::default())
            }
            (None, None) => return Subject::target_alone(args, &config),
        };
        session.complete(&spec, &mut passwords, args.ask_password)?;
        Ok(Subject { target: spec.target.clone(), spec: Some(spec), passwords })
    }

    /// A template needs nothing but a target.
    fn target_alone(args: &ConformArgs, config: &Config) -> Result<Subject, Failure> {
        let (Some(to), Some(_)) = (&args.to, &args.template) else {
            return Err(Failure::usage("nothing to compare: name a job, --job-file, or both ends")
                .with_hint("With --template NAME, --to URL alone is enough."));
        };
        let end = endpoints::read(to, Side::Target, config)?;
        let target = endpoints::password_to_send(&end, args.ask_password)?;
        let passwords = Passwords { source: None, target };
        Ok(Subject { spec: None, target: end.endpoint, passwords })
    }

    /// What the plan offers.
    async fn planned(&self, session: &Session) -> Result<Vec<Offer>, Failure> {
        let Some(spec) = &self.spec else { return Ok(Vec::new()) };
        let told = |text: String| session.output.note(&text);
        let plan = engine::plan_of(spec, &self.passwords, &told).await?;
        let mut offers = Vec::new();
        // Templates are offered by name only.
        for finding in plan.findings.iter().filter(|finding| finding.topic != "template") {
            // The first way is the exact one; a further one stands for it.
            let found = finding.ways.iter().find_map(|way| match &way.change {
                Change::Conform { statements } => Some(statements),
                _ => None,
            });
            for statement in found.into_iter().flatten() {
                let number = offers.len() + 1;
                let why = format!("{}: {}", finding.topic, finding.message);
                let apart = statement.starts_with("CREATE DATABASE ");
                offers.push(Offer { number, why, statement: statement.clone(), apart });
            }
        }
        Ok(offers)
    }

    fn target_password(&self, session: &Session) -> Result<Option<Secret>, Failure> {
        match &self.passwords.target {
            Some(secret) => Ok(Some(secret.clone())),
            None => session.any_password(&self.target, false),
        }
    }
}

fn of_template(session: &Session, name: &str, target: &Endpoint) -> Result<Vec<Offer>, Failure> {
    let template = load_template(&session.paths, name)?;
    if template.dialect != target.dialect {
        let (has, wants) = (template.dialect.word(), target.dialect.word());
        return Err(Failure::usage(format!("template {name} is for {has}, the target is {wants}"))
            .with_detail("Nothing was changed."));
    }
    let statements = sql::statements(template.dialect, &template.text);
    let why = format!("template {name}");
    let offer = |(at, (_, text)): (usize, (usize, &str))| Offer {
        number: at + 1,
        why: why.clone(),
        statement: text.trim().to_owned(),
        apart: false,
    };
    Ok(statements.into_iter().enumerate().map(offer).collect())
}

/// The list: lines that a client of the engine runs as they are.
fn show(session: &Session, offers: &[Offer]) {
    let mut last = "";
    for offer in offers {
        if offer.why != last {
            session.output.text(&clean(&format!("-- {}", offer.why)));
        }
        if offer.apart {
            session
                .output
                .text(&format!("-- makes another database: only with --only {}", offer.number));
        }
        last = &offer.why;
        let text = clean(&offer.statement);
        session.output.text(&format!("/* {} */ {text};", offer.number));
    }
    let list: Vec<_> = offers
        .iter()
        .map(|o| json!({ "number": o.number, "why": o.why, "statement": o.statement }))
        .collect();
    session.output.object("conform", json!({ "statements": list }));
}

async fn run(session: &Session, subject: &Subject, offers: &[Offer]) -> Result<Exit, Failure> {
    let access = Access {
        endpoint: subject.target.clone(),
        password: subject.target_password(session)?,
        side: Side::Target,
        job_id: "conform".to_owned(),
    };
    let statements: Vec<String> = offers.iter().map(|offer| offer.statement.clone()).collect();
    let (done, fault) = open_look(access)?.conform(&statements).await?;
    let done = done as usize;
    for offer in &offers[..done] {
        session.output.note(&format!("done: {}", clean(&offer.statement)));
    }
    if let Some(fault) = fault {
        let failure = Failure::from(fault);
        let number = offers.get(done).map_or(0, |offer| offer.number);
        let message = format!("statement {number}: {}", failure.message);
        let before = match done {
            0 => "Nothing was changed.".to_owned(),
            n => format!(
                "{n} statements were run. They stay; this one and those behind it were not run."
            ),
        };
        let exit = if failure.exit == Exit::Usage { Exit::Error } else { failure.exit };
        return Err(Failure { exit, message, ..failure }
            .with_detail(before)
            .with_hint("Run it as an administrator: --show prints the statements."));
    }
    let message = format!("{} statements were run", offers.len());
    session.output.text(&message);
    session.output.object("done", json!({ "message": message, "done": offers.len() }));
    Ok(Exit::Done)
}
