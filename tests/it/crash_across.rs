//! Engines killed in the middle of copies between engines, again and again: nothing is lost,
//! nothing is there twice, nothing that was done is done again.

use crate::support::canon::{Place, differences_across};
use crate::support::made::{self, Dice};
use crate::support::mariadb::MariaDbServer;
use crate::support::postgres::PgServer;
use crate::support::{Deadline, Tidegate, sqlite};

/// Rows of the largest table; `tests/show` asks for more, and for more deaths.
fn size() -> u64 {
    number_from("TIDEGATE_TEST_ROWS", 12_000)
}

fn deaths() -> u64 {
    number_from("TIDEGATE_TEST_DEATHS", 4)
}

fn number_from(variable: &str, usual: u64) -> u64 {
    std::env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

/// Long enough for everything, slow machines included.
fn seconds() -> u64 {
    180 + size() / 1_000
}

const JOB: &str = "perilous";

struct Scene {
    tidegate: Tidegate,
    here: Place,
    there: Place,
    dice: Dice,
}

impl Scene {
    /// A job that runs, slow enough to be caught in the middle.
    fn begin(tidegate: Tidegate, from: (&str, Place), to: (&str, Place)) -> Scene {
        let rate = format!("{}KB/s", 600 + size() / 20);
        let chunk = std::env::var("TIDEGATE_TEST_CHUNK").unwrap_or("64KiB".to_owned());
        let more = ["--threads", "4", "--rate", &rate, "--chunk-size", &chunk, "--accept-lossy"];
        tidegate.copy_detached(JOB, from.0, to.0, &more);
        tidegate.await_chunks(JOB, 1, Deadline::seconds(60));
        Scene { tidegate, here: from.1, there: to.1, dice: Dice::new() }
    }

    /// Lets some more chunks get done.
    fn go_on(&mut self, deaths_left: u64) {
        let chunks = self.tidegate.chunks(JOB);
        let left = u64::try_from(chunks.total - chunks.processed).unwrap_or(0);
        let most = std::cmp::max(left / (deaths_left + 1), 1);
        let more = i64::try_from(self.dice.roll(most) + 1).expect("a small number");
        self.tidegate.await_chunks(JOB, chunks.processed + more, Deadline::seconds(seconds()));
    }

    /// Chunks of tables cut by key that are done for good, with how often each was begun.
    fn done_by_key(&self) -> Vec<String> {
        let query = "SELECT c.id, c.handouts, c.rows FROM chunk c JOIN plan_table t \
                     ON t.id = c.table_id WHERE c.state = 2 AND t.method = 'key' ORDER BY c.id";
        self.tidegate.stored(JOB, query)
    }

    fn kill_again_and_again(&mut self) {
        let deaths = deaths();
        let mut killed = 0;
        for death in 0..deaths {
            self.go_on(deaths - death);
            if self.tidegate.stored_state(JOB) == "COMPLETED" {
                break;
            }
            let before = self.done_by_key();
            self.tidegate.kill_engine(JOB);
            killed += 1;
            self.tidegate.ok(&["resume", JOB]);
            self.go_on(deaths - death);
            let now = self.done_by_key();
            let redone: Vec<_> = before.iter().filter(|chunk| !now.contains(chunk)).collect();
            assert!(redone.is_empty(), "death {death}: begun again: {redone:?}");
        }
        assert!(killed >= std::cmp::min(deaths, 2), "only {killed} kills before the job was over");
        println!("{killed} kills");
        self.end();
    }

    #[track_caller]
    fn end(&self) {
        self.tidegate.wait_done(JOB, seconds());
        let found = differences_across(&self.here, &self.there);
        let troubles = || self.tidegate.troubles(JOB);
        assert!(found.is_empty(), "differences:\n{}\n{}", found.join("\n"), troubles());
    }
}

/// Nothing of the job is left on the server.
#[track_caller]
fn assert_nothing_left(server: &MariaDbServer) {
    let left = server.run(
        "SELECT concat(table_schema, '.', table_name) FROM information_schema.tables \
         WHERE table_name LIKE '%tidegate%' OR table_schema = 'tidegate'",
    );
    assert_eq!(left, "", "left on the server");
}

#[test]
fn mysql_to_postgres() {
    let (server, other) = (MariaDbServer::start(), PgServer::start(Default::default()));
    let (source, target) = (made::mysql_source(&server, size()), other.create("copy"));
    let there = Place::postgres(&target, &source.name);
    let here = Place::Mysql(source.clone());
    let mut scene = Scene::begin(Tidegate::new(), (&source.url(), here), (&target.url(), there));
    scene.kill_again_and_again();
    crate::support::oracle::assert_nothing_left(&target);
}

#[test]
fn postgres_to_mysql() {
    let (server, other) = (PgServer::start(Default::default()), MariaDbServer::start());
    let (source, target) = (server.create("made"), other.create("copy"));
    source.run(&made::plain_script(size()));
    let here = Place::postgres(&source, "public");
    let there = Place::Mysql(target.clone());
    let mut scene = Scene::begin(Tidegate::new(), (&source.url(), here), (&target.url(), there));
    scene.kill_again_and_again();
    assert_nothing_left(&other);
}

#[test]
fn mysql_to_mysql() {
    let (server, other) = (MariaDbServer::start(), MariaDbServer::start());
    let (source, target) = (made::mysql_source(&server, size()), other.create("copy"));
    let (here, there) = (Place::Mysql(source.clone()), Place::Mysql(target.clone()));
    let mut scene = Scene::begin(Tidegate::new(), (&source.url(), here), (&target.url(), there));
    scene.kill_again_and_again();
    assert_nothing_left(&other);
}

#[test]
fn sqlite_to_mysql() {
    let other = MariaDbServer::start();
    let target = other.create("copy");
    let tidegate = Tidegate::new();
    let file = tidegate.file("made.db");
    sqlite::build_from_text(&file, &made::sqlite_script(size()));
    let here = Place::sqlite(&file);
    let there = Place::Mysql(target.clone());
    let from = sqlite::url(&file);
    let mut scene = Scene::begin(tidegate, (&from, here), (&target.url(), there));
    scene.kill_again_and_again();
    assert_nothing_left(&other);
}

/// The target's server is killed as well: what it had not flushed is gone and is done again.
#[test]
fn the_mysql_target_crashes_and_comes_back() {
    let (server, other) = (MariaDbServer::start(), MariaDbServer::start());
    let (source, target) = (made::mysql_source(&server, size()), other.create("copy"));
    let (here, there) = (Place::Mysql(source.clone()), Place::Mysql(target.clone()));
    let mut scene = Scene::begin(Tidegate::new(), (&source.url(), here), (&target.url(), there));
    for left in (0..2).rev() {
        scene.go_on(left);
        other.kill();
        other.start_again();
    }
    scene.end();
    assert_nothing_left(&other);
}

/// The source's server dies: the snapshot is gone, and the rest is read from a new one.
#[test]
fn the_mysql_source_crashes_and_comes_back() {
    let (server, other) = (MariaDbServer::start(), PgServer::start(Default::default()));
    let (source, target) = (made::mysql_source(&server, size()), other.create("copy"));
    let there = Place::postgres(&target, &source.name);
    let here = Place::Mysql(source.clone());
    let mut scene = Scene::begin(Tidegate::new(), (&source.url(), here), (&target.url(), there));
    scene.go_on(1);
    server.kill();
    server.start_again();
    scene.end();
    let snapshots = scene.tidegate.stored(JOB, "SELECT snapshots FROM job").concat();
    assert_eq!(snapshots, "2", "the first snapshot went with its server");
}
