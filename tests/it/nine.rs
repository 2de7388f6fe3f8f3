//! Sample databases in each engine to each engine: nine directions, every row and every key.
//!
//! The sources are the sample databases of each engine; where there is none, a copy by the program
//! itself stands in, after it was compared with what it was copied from.

use std::path::Path;

use crate::support::canon::{Place, assert_same};
use crate::support::mariadb::MariaDbServer;
use crate::support::postgres::PgServer;
use crate::support::shape::Shape;
use crate::support::{Tidegate, sample, sqlite};

/// One end: how it is addressed, and where its tables are.
struct End {
    url: String,
    place: Place,
    /// The name a MySQL database or PostgreSQL schema gives its tables.
    schema: String,
}

struct Scene {
    tidegate: Tidegate,
    postgres: &'static PgServer,
    mariadb: &'static MariaDbServer,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Engine {
    Postgres,
    Mysql,
    Sqlite,
}

use Engine::{Mysql, Postgres, Sqlite};

impl Scene {
    fn new() -> Scene {
        Scene {
            tidegate: Tidegate::new(),
            postgres: PgServer::shared(),
            mariadb: MariaDbServer::shared(),
        }
    }

    fn sqlite(&self, file: &Path) -> End {
        End { url: sqlite::url(file), place: Place::sqlite(file), schema: "main".to_owned() }
    }

    /// The sample database `name` as `engine` has it.
    fn source(&self, engine: Engine, name: &str) -> Option<End> {
        let file = match engine {
            Postgres => sample(&format!("{name}/{name}_pg.sql"))?,
            Mysql => sample(&format!("{name}/{name}_mysql.sql"))?,
            Sqlite => sample(&format!("{name}/{name}_sqlite.sql"))?,
        };
        Some(match engine {
            Postgres => {
                self.postgres.maintenance().run_file(&file); // Makes its database itself.
                let database = self.postgres.database(name);
                let place = Place::postgres(&database, "public");
                End { url: database.url(), place, schema: "public".to_owned() }
            }
            Mysql => {
                let own = if name == "chinook" { "Chinook" } else { name };
                let database = self.mariadb.load(&file, own);
                let (url, place) = (database.url(), Place::Mysql(database));
                End { url, place, schema: own.to_owned() }
            }
            Sqlite => {
                let path = self.tidegate.file(&format!("{name}.db"));
                sqlite::build(&path, &file);
                self.sqlite(&path)
            }
        })
    }

    /// An empty end, and where the tables of `from` will be in it.
    fn target(&self, engine: Engine, name: &str, from: &End) -> End {
        match engine {
            Postgres => {
                let database = self.postgres.create(name);
                // A MySQL database keeps its name as a schema; SQLite's only one is `public`.
                let schema = match &from.place {
                    Place::Sqlite(_) => "public".to_owned(),
                    Place::Postgres(..) | Place::Mysql(_) => from.schema.clone(),
                };
                let place = Place::postgres(&database, &schema);
                End { url: database.url(), place, schema }
            }
            Mysql => {
                let database = self.mariadb.create(name);
                let schema = database.name.clone();
                End { url: database.url(), place: Place::Mysql(database), schema }
            }
            Sqlite => self.sqlite(&self.tidegate.file(&format!("{name}.db"))),
        }
    }

    /// Copies, compares every row, and gives the target.
    fn copied(&self, job: &str, from: &End, to: Engine, more: &[&str]) -> End {
        let target = self.target(to, job, from);
        let mut all: Vec<&str> = ["--accept-lossy"].iter().chain(more).copied().collect();
        // A schema of another name than `public` would become a database of that name.
        let remap = format!("{}:{}", from.schema, target.schema);
        if let (Place::Postgres(_, schema), Place::Mysql(_)) = (&from.place, &target.place)
            && schema != "public"
        {
            all.extend(["--remap-schema", &remap]);
        }
        self.tidegate.copy(job, &from.url, &target.url, &all);
        assert_same(&from.place, &target.place);
        target
    }
}

/// Keys, indexes, defaults and next values that the target lacks, but for those that `expected`
/// names with what they begin with.
#[track_caller]
fn assert_shape(from: &End, to: &End, expected: &[&str]) {
    let missing = Shape::of(&from.place).missing_in(&Shape::of(&to.place));
    let known = |line: &&String| expected.iter().any(|start| line.starts_with(start));
    let odd: Vec<&String> = missing.iter().filter(|line| !known(line)).collect();
    assert!(odd.is_empty(), "{} things lost:\n{odd:#?}", odd.len());
    for start in expected {
        let found = missing.iter().any(|line| line.starts_with(start));
        assert!(found, "{start} is not lost any more: take it off the list");
    }
}

fn one_direction(name: &str, from: Engine, to: Engine, expected: &[&str]) {
    let scene = Scene::new();
    let Some(source) = scene.source(from, name) else { return };
    let target = scene.copied(&format!("{name}_copy"), &source, to, &[]);
    assert_shape(&source, &target, expected);
}

#[test]
fn chinook_postgres_to_postgres() {
    one_direction("chinook", Postgres, Postgres, &[]);
}

#[test]
fn chinook_postgres_to_mysql() {
    one_direction("chinook", Postgres, Mysql, &[]);
}

#[test]
fn chinook_postgres_to_sqlite() {
    one_direction("chinook", Postgres, Sqlite, &[]);
}

#[test]
fn chinook_mysql_to_postgres() {
    one_direction("chinook", Mysql, Postgres, &[]);
}

#[test]
fn chinook_mysql_to_mysql() {
    one_direction("chinook", Mysql, Mysql, &[]);
}

#[test]
fn chinook_mysql_to_sqlite() {
    one_direction("chinook", Mysql, Sqlite, &[]);
}

#[test]
fn chinook_sqlite_to_postgres() {
    one_direction("chinook", Sqlite, Postgres, &[]);
}

#[test]
fn chinook_sqlite_to_mysql() {
    one_direction("chinook", Sqlite, Mysql, &[]);
}

#[test]
fn chinook_sqlite_to_sqlite() {
    one_direction("chinook", Sqlite, Sqlite, &[]);
}

#[test]
fn sakila_mysql_to_mysql() {
    one_direction("sakila", Mysql, Mysql, &[]);
}

#[test]
fn sakila_mysql_to_sqlite() {
    one_direction("sakila", Mysql, Sqlite, &[]);
}

#[test]
fn sakila_sqlite_to_sqlite() {
    one_direction("sakila", Sqlite, Sqlite, &[]);
}

#[test]
fn sakila_sqlite_to_mysql() {
    one_direction("sakila", Sqlite, Mysql, &[]);
}

#[test]
fn sakila_sqlite_to_postgres() {
    one_direction("sakila", Sqlite, Postgres, &[]);
}

/// There is no Sakila for PostgreSQL: the copy of MySQL's is the source of three directions.
#[test]
fn sakila_mysql_to_postgres_and_on_from_there() {
    let scene = Scene::new();
    let Some(source) = scene.source(Mysql, "sakila") else { return };
    let middle = scene.copied("to_postgres", &source, Postgres, &[]);
    assert_shape(&source, &middle, &[]);
    for (job, to) in [("pg_pg", Postgres), ("pg_my", Mysql), ("pg_li", Sqlite)] {
        let target = scene.copied(job, &middle, to, &[]);
        println!("{job}");
        assert_shape(&middle, &target, &[]);
    }
}

/// The well-known database that only PostgreSQL has, with partitions, domains, arrays and a search
/// document, and the one with blanks in its names.
#[test]
fn pagila_and_northwind_to_mysql_and_sqlite() {
    let scene = Scene::new();
    for name in ["pagila", "northwind"] {
        let Some(file) = sample(&format!("{name}/{name}_pg.sql")) else { continue };
        let database = scene.postgres.create_from(name, &[file]);
        let place = Place::postgres(&database, "public");
        let source = End { url: database.url(), place, schema: "public".to_owned() };
        for (engine, word) in [(Mysql, "my"), (Sqlite, "li")] {
            scene.copied(&format!("{name}_{word}"), &source, engine, &[]);
        }
    }
}
