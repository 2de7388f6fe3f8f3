//! What every command works with: places, words, the way to engines.

use super::args::Looks;
use super::ask;
use super::endpoints;
use super::failure::{Exit, Failure};
use super::output::Output;
use crate::client::{Client, ClientError, Connection};
use crate::config::{Config, PasswordSource, Paths, password_for};
use crate::core::name::JobName;
use crate::core::spec::{Endpoint, JobSpec, Secret};
use crate::engine::Passwords;
use crate::protocol::{Action, JobView, StartMessage};
use crate::store::MasterTable;

/// One run of a command.
#[derive(Clone, Debug)]
pub struct Session {
    pub paths: Paths,
    pub output: Output,
    pub looks: Looks,
}

/// How a command ends.
#[derive(Debug)]
pub enum Outcome {
    Exit(Exit),
    /// The screen is to be opened; the process's terminal is its own from then on.
    Screen(ScreenRequest),
}

/// Which screen, and what it may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScreenRequest {
    /// `None`: the list of jobs.
    pub job: Option<JobName>,
    pub read_only: bool,
}

impl Session {
    #[must_use]
    pub fn client(&self) -> Client {
        Client::new(self.paths.clone())
    }

    /// The name of a job that is there.
    ///
    /// # Errors
    /// `Usage` for a name that is none, `NoEngine` for a job that does not exist.
    pub fn existing(&self, text: &str) -> Result<JobName, Failure> {
        let job = JobName::parse(text).map_err(Failure::usage)?;
        if self.client().job_exists(&job) {
            return Ok(job);
        }
        Err(Failure::new(Exit::NoEngine, format!("there is no job {job}"))
            .with_hint("`tidegate ls` shows the jobs that are there."))
    }

    /// The job's file, for looking.
    ///
    /// # Errors
    /// A file that is damaged, newer or unreadable.
    pub fn stored(&self, job: &JobName) -> Result<MasterTable, Failure> {
        Ok(MasterTable::open_read_only(&self.paths.master(job))?)
    }

    /// What the job was defined as, from its file.
    ///
    /// # Errors
    /// As [`Session::stored`].
    pub fn spec(&self, job: &JobName) -> Result<JobSpec, Failure> {
        Ok(self.stored(job)?.summary()?.spec)
    }

    /// A conversation with the engine that runs.
    ///
    /// # Errors
    /// `NoEngine` and what keeps us from talking to it.
    pub async fn engine(&self, job: &JobName) -> Result<Connection, Failure> {
        Ok(self.client().connect(job).await?)
    }

    /// The same, starting an engine when none runs. Passwords that have to be typed are asked for
    /// only then.
    ///
    /// # Errors
    /// As [`Session::engine`], the engine's own words, `WouldAsk`.
    pub async fn engine_or_start(
        &self,
        job: &JobName,
        ask_password: bool,
    ) -> Result<Connection, Failure> {
        let client = self.client();
        match client.connect(job).await {
            // One that is just being killed listens for a moment and answers nobody: attaching
            // waits until it is gone.
            Err(ClientError::NoEngine { .. } | ClientError::Lost { .. }) => {}
            other => return Ok(other?),
        }
        let start = self.start_message(job, ask_password)?;
        Ok(client.attach(job, &start).await?)
    }

    /// For a job that has its file: only what has to be typed.
    fn start_message(&self, job: &JobName, ask_password: bool) -> Result<StartMessage, Failure> {
        let spec = self.spec(job)?;
        let text = |secret: Option<Secret>| secret.map(|s| s.reveal().to_owned());
        Ok(StartMessage {
            spec: None,
            source_password: text(self.typed_password(&spec.source, ask_password)?),
            target_password: text(self.typed_password(&spec.target, ask_password)?),
            starts: false,
        })
    }

    /// The password of one end of a defined job, when it has to be typed.
    ///
    /// # Errors
    /// As [`endpoints::password_to_send`].
    pub fn typed_password(
        &self,
        endpoint: &Endpoint,
        ask_password: bool,
    ) -> Result<Option<Secret>, Failure> {
        let asks = match &endpoint.connection {
            None => false,
            Some(name) => {
                let config = Config::load(&self.paths)?;
                let connection = config.connections.get(name);
                connection.is_some_and(|c| c.password == Some(PasswordSource::Ask))
            }
        };
        let end = endpoints::End { endpoint: endpoint.clone(), password: None, asks };
        endpoints::password_to_send(&end, ask_password)
    }

    /// What of the passwords of a draft has to be typed and is not in its URLs.
    ///
    /// # Errors
    /// As [`Session::typed_password`].
    pub fn complete(
        &self,
        spec: &JobSpec,
        passwords: &mut Passwords,
        ask_password: bool,
    ) -> Result<(), Failure> {
        if passwords.source.is_none() {
            passwords.source = self.typed_password(&spec.source, ask_password)?;
        }
        if passwords.target.is_none() {
            passwords.target = self.typed_password(&spec.target, ask_password)?;
        }
        Ok(())
    }

    /// The password of one end from wherever it is, for commands that log in themselves.
    ///
    /// # Errors
    /// As [`Session::typed_password`].
    pub fn any_password(
        &self,
        endpoint: &Endpoint,
        ask_password: bool,
    ) -> Result<Option<Secret>, Failure> {
        match self.typed_password(endpoint, ask_password)? {
            Some(secret) => Ok(Some(secret)),
            None => Ok(password_for(endpoint)?),
        }
    }

    /// Does what an operator asked for and prints the engine's sentence.
    ///
    /// # Errors
    /// The engine's refusal, or the end of the conversation.
    pub async fn act(&self, connection: &Connection, action: Action) -> Result<String, Failure> {
        connection.act(action).await?.map_err(|sentence| {
            Failure::new(Exit::Error, sentence).with_detail("Nothing was changed.")
        })
    }

    /// T2, which on a production target becomes T3.
    ///
    /// # Errors
    /// As `ask::yes` and `ask::name`.
    pub fn ask_twice_on_production(
        &self,
        question: &str,
        job: &JobView,
        yes: bool,
        yes_target: Option<&str>,
    ) -> Result<(), Failure> {
        match job.production {
            true => ask::name(question, &ask::Name::target(&job.source, &job.target), yes_target),
            false => ask::yes(question, yes || yes_target.is_some()),
        }
    }
}
