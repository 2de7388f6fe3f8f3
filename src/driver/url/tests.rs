//! URLs as people type them.

use super::*;

const SERVICES: &str = "# comment\n[crm]\nhost=db9\nport = 6000\ndbname=crm_prod\nuser=svc\n\
                        password=hush\n\n[other]\nhost=x\n";

fn parse_in(
    text: &str,
    variables: &[(&str, &str)],
    directory: &Path,
) -> Result<(Endpoint, Option<Secret>), Fault> {
    let variable = |name: &str| {
        variables.iter().find(|(have, _)| *have == name).map(|(_, value)| (*value).to_owned())
    };
    let directory = directory.to_owned();
    let services = vec![SERVICES.to_owned()];
    let option_file = variable("option file").unwrap_or_default();
    let around = Surroundings { variable: &variable, directory, services, option_file };
    parse_url_within(text, Side::Source, &around)
}

fn parse(text: &str, variables: &[(&str, &str)]) -> Result<(Endpoint, Option<Secret>), Fault> {
    parse_in(text, variables, Path::new("/nonexistent/here"))
}

#[test]
fn postgres_urls_come_out_complete() {
    let env: &[(&str, &str)] = &[("USER", "os"), ("PGHOST", "envhost")];
    for (typed, normal, password) in [
        ("postgres://ana@db1/crm", "postgres://ana@db1:5432/crm", None),
        ("postgresql://ana:x@db1:5433/crm", "postgres://ana@db1:5433/crm", Some("x")),
        ("POSTGRES://ana@db1/crm", "postgres://ana@db1:5432/crm", None),
        ("postgres://", "postgres://os@envhost:5432/os", None),
        ("postgres:///crm", "postgres://os@envhost:5432/crm", None),
        (
            "postgres://a%40b:p%2F%3F%23%25@db1/my%20db",
            "postgres://a%40b@db1:5432/my%20db",
            Some("p/?#%"),
        ),
        (
            "postgres:///crm?host=/run/pg&port=5499&user=bo&password=p%26q&sslmode=require",
            "postgres://bo@localhost:5499/crm?host=%2Frun%2Fpg&sslmode=require",
            Some("p&q"),
        ),
        ("postgres://%2Frun%2Fpg/crm", "postgres://os@localhost:5432/crm?host=%2Frun%2Fpg", None),
        ("postgres://ana@[::1]:5434/crm", "postgres://ana@[::1]:5434/crm", None),
        (
            "postgres://ana@db1/crm?sslrootcert=ca.pem",
            "postgres://ana@db1:5432/crm?sslrootcert=%2Fnonexistent%2Fhere%2Fca.pem",
            None,
        ),
        ("postgres://ana@?service=crm", "postgres://ana@db9:6000/crm_prod", Some("hush")),
    ] {
        let (endpoint, secret) = parse(typed, env).unwrap_or_else(|e| panic!("{typed}: {e}"));
        assert_eq!(endpoint.url, normal, "{typed}");
        assert_eq!(endpoint.dialect, Dialect::Postgres);
        assert_eq!(secret.as_ref().map(Secret::reveal), password, "{typed}");
    }
}

#[test]
fn the_environment_fills_what_the_url_leaves_open() {
    let env: &[(&str, &str)] = &[
        ("PGHOST", "/sockets"),
        ("PGPORT", "7000"),
        ("PGUSER", "pu"),
        ("PGDATABASE", "pd"),
        ("PGSSLMODE", "verify-full"),
    ];
    let (endpoint, _) = parse("postgres://", env).unwrap();
    assert_eq!(endpoint.url, "postgres://pu@localhost:7000/pd?host=%2Fsockets&sslmode=verify-full");
    let (endpoint, _) = parse("postgres://a@b:1/c?sslmode=disable", env).unwrap();
    assert_eq!(endpoint.url, "postgres://a@b:1/c?sslmode=disable");
    for (name, value) in [("PGPORT", "x"), ("PGSSLMODE", "maybe"), ("PGSERVICE", "none")] {
        let fault = parse("postgres://a@b/c", &[(name, value)]).err().unwrap();
        assert!(fault.message.contains(value), "{fault}");
    }
}

#[test]
fn what_cannot_be_read_is_refused_without_repeating_the_password() {
    for typed in [
        "postgres://ana:s3cret#x@db1/crm",
        "postgres://ana:s3cret@x@db1/crm",
        "postgres://ana:s3cret/x@db1/crm",
        "postgres://ana:s3cret%zz@db1/crm",
        "postgres://ana:s3cret@db1:port/crm",
        "postgres://ana:s3cret@db1,db2/crm",
        "postgres://ana@db1/crm?password=s3cret&sslmode=sometimes",
        "postgres://ana@db1/crm?password=s3cret&connect_timeout=3",
        "postgres:ana:s3cret@db1",
        "mysql://ana:s3cret@db1/crm?ssl-mode=maybe",
        "mysql://ana:s3cret@db1/crm?sokcet=/x",
        "mysql://ana:s3cret@db1:port/crm",
        "mariadb://ana@/crm?socket=here&password=s3cret",
        "oracle://ana:s3cret@db1/crm",
        "sqlite:",
        "sqlite::memory:",
        "nothing.db",
        "",
    ] {
        let fault = parse(typed, &[("USER", "os")]).err().unwrap_or_else(|| panic!("{typed}"));
        assert!(!format!("{fault:?}").contains("s3cret"), "{typed}: {fault:?}");
        assert!(fault.hint.is_some() || typed == "sqlite:", "{typed}");
    }
    assert!(parse("postgres://db/x", &[]).is_err(), "no user anywhere");
}

#[test]
fn sqlite_paths_become_absolute() {
    let directory = tempfile::tempdir().unwrap();
    let here = directory.path().canonicalize().unwrap();
    std::fs::write(here.join("old.db"), b"").unwrap();
    std::fs::create_dir(here.join("sub")).unwrap();
    let here_text = here.to_str().unwrap();
    for (typed, path) in [
        ("sqlite:/data/x y.db".to_owned(), "/data/x y.db".to_owned()),
        ("sqlite:///data/x%20y.db".to_owned(), "/data/x y.db".to_owned()),
        ("sqlite:new.db".to_owned(), format!("{here_text}/new.db")),
        ("sqlite:sub/../new.db".to_owned(), format!("{here_text}/new.db")),
        ("sqlite://new.db".to_owned(), format!("{here_text}/new.db")),
        ("sqlite:100%.db".to_owned(), format!("{here_text}/100%.db")),
        ("old.db".to_owned(), format!("{here_text}/old.db")),
        (format!("{here_text}/old.db"), format!("{here_text}/old.db")),
        ("sqlite:~/x.db".to_owned(), "/home/ana/x.db".to_owned()),
    ] {
        let env: &[(&str, &str)] = &[("HOME", "/home/ana")];
        let (endpoint, secret) =
            parse_in(&typed, env, &here).unwrap_or_else(|e| panic!("{typed}: {e}"));
        assert_eq!(endpoint.file(), Some(path.as_str()), "{typed}");
        assert!(secret.is_none());
    }
    assert!(parse_in("new.db", &[], &here).is_err(), "a bare path must exist");
}

/// `option file` stands for `~/.my.cnf`.
#[test]
fn mysql_urls_come_out_complete() {
    let file = "[client]\nuser=fu\nhost=fh\nport=3311\npassword=hush\nssl-mode=VERIFY-CA\n\
                [mysqld]\nuser=nobody\n[mysql]\ndatabase=fd\n";
    let none: &[(&str, &str)] = &[("USER", "os"), ("MYSQL_HOST", "envhost")];
    let from_file: &[(&str, &str)] =
        &[("option file", file), ("MYSQL_HOST", "no"), ("MYSQL_TCP_PORT", "1")];
    let local: &[(&str, &str)] =
        &[("USER", "os"), ("option file", "[client]\nhost=localhost\nsocket=/s/my.sock\n")];
    let env: &[(&str, &str)] =
        &[("USER", "os"), ("MYSQL_TCP_PORT", "3309"), ("MYSQL_UNIX_PORT", "/run/m.sock")];
    for (typed, around, normal, password) in [
        ("mysql://ana@db1/crm", none, "mysql://ana@db1:3306/crm", None),
        ("MariaDB://ana:p%40@db1:3307/", none, "mysql://ana@db1:3307/", Some("p@")),
        ("mysql://ana@[::1]/my%20db", none, "mysql://ana@[::1]:3306/my%20db", None),
        ("mysql://", none, "mysql://os@envhost:3306/", None),
        ("mysql://ana@localhost/x", none, "mysql://ana@localhost:3306/x", None),
        (
            "mysql://ana@/crm?socket=/run/my.sock&ssl_mode=Verify-Identity",
            none,
            "mysql://ana@localhost:3306/crm?socket=%2Frun%2Fmy.sock&ssl-mode=verify_identity",
            None,
        ),
        (
            "mysql://ana@%2Frun%2Fmy.sock/crm",
            none,
            "mysql://ana@localhost:3306/crm?socket=%2Frun%2Fmy.sock",
            None,
        ),
        (
            "mysql://ana@db1/crm?ssl-mode=REQUIRED&ssl-ca=ca.pem",
            none,
            "mysql://ana@db1:3306/crm?ssl-mode=required&ssl-ca=%2Fnonexistent%2Fhere%2Fca.pem",
            None,
        ),
        ("mysql://", from_file, "mysql://fu@fh:3311/fd?ssl-mode=verify_ca", None),
        (
            "mysql://bo@db2:1/x?ssl-mode=disabled",
            from_file,
            "mysql://bo@db2:1/x?ssl-mode=disabled",
            None,
        ),
        ("mysql:///x", local, "mysql://os@localhost:3306/x?socket=%2Fs%2Fmy.sock", None),
        ("mysql://db1/x", local, "mysql://os@db1:3306/x", None),
        ("mysql:///x", env, "mysql://os@localhost:3309/x?socket=%2Frun%2Fm.sock", None),
    ] {
        let (endpoint, secret) = parse(typed, around).unwrap_or_else(|e| panic!("{typed}: {e}"));
        assert_eq!(endpoint.url, normal, "{typed}");
        assert_eq!(endpoint.dialect, Dialect::Mysql);
        assert_eq!(secret.as_ref().map(Secret::reveal), password, "{typed}");
    }
}

#[test]
fn a_mysql_surrounding_that_cannot_be_read_is_named() {
    for (name, value) in [
        ("MYSQL_TCP_PORT", "many"),
        ("option file", "[client]\nport=many\n"),
        ("option file", "[client]\nssl-mode=many\n"),
    ] {
        let fault = parse("mysql://a@b/c", &[(name, value)]).err().unwrap();
        assert!(fault.message.contains("many"), "{fault}");
    }
    assert!(parse("mysql://db/x", &[]).is_err(), "no user anywhere");
}
