//! What stands below each command's help: commands one can copy.

pub(super) const EXAMPLES_TOP: &str = "\
Examples:
  tidegate demo                                  a sample copy, nothing else needed
  tidegate copy --from postgres://ana@db1/crm --to postgres://ana@db2/crm
  tidegate attach crm-1120                       watch and steer
  tidegate                                       all jobs

Exit codes: 0 done, 1 error, 2 wrong arguments, 3 ended with failed or skipped chunks
or rejected rows, 4 the two sides differ, 5 the plan has a BLOCK finding, 6 no engine,
7 server lost, 8 out of space, 9 timeout, 10 would have asked, 129 130 143 this command was
ended and the job goes on.";

pub(super) const EXAMPLES_COPY: &str = "\
Examples:
  tidegate copy --from postgres://ana@db1/crm --to postgres://ana@db2/crm
  tidegate copy --from prod --to sqlite:crm.db --schema crm --exclude '*.audit_*'
  tidegate copy --from sqlite:shop.db --to postgres:///shop --threads 8 --rate 40MB/s
  tidegate copy --from prod --to test --job nightly --detach && tidegate wait nightly
  tidegate copy --from mysql://ana@db1/crm --to postgres://ana@db2/crm --scan \\
      --switch tinyint1_as_boolean --map 'crm.orders.state=smallint' --remap-schema crm:sales
  tidegate copy --job-file crm.toml
Single tables (each also with the pattern of several; the job file has all of these and more):
  --where \"crm.orders=placed >= '2024-01-01'\"     only these rows
  --sample crm.events=10                         ten percent, the same rows each time
  --rename crm.orders=orders_2024                another name; sales.orders another schema too
  --columns crm.users=id,name                    only these columns
  --without crm.orders=legacy_blob               all columns but these
  --expression 'crm.users.email=md5(email)'      what is read instead of a column
  --rename-column crm.users.email=email_hash
  --table-exists crm.orders=truncate             for one table instead of --if-exists
  --ddl crm.orders=orders.sql                    the CREATE TABLE to run, by hand
  --leave-out trigger --leave-out grant          kinds of objects that stay
  --only index                                   tables and this kind alone
  --content data-only --order smallest

In a terminal the run screen opens; leaving it (q) leaves the job running. Elsewhere a line is
printed on every change. URLs are postgres://user@host:port/database, sqlite:PATH, or the name of
a connection in config.toml; what a PostgreSQL URL leaves open comes from PGHOST, PGUSER,
~/.pgpass and the like, as with psql. When the plan has a BLOCK finding nothing is started and
nothing is left behind (exit code 5).";

pub(super) const EXAMPLES_REJECTS: &str = "\
Examples:
  tidegate copy --from prod --to test --bad-rows reject --rejects-per-table 100
  tidegate rejects list crm-1120                 causes, then keys and errors
  tidegate rejects export crm-1120 --to bad      the rows as COPY text, and a line of JSON each
  tidegate rejects retry crm-1120 -y             after the source or the target was mended
  tidegate rejects limit crm-1120 --per-table 5000

A job with rejected rows ends as COMPLETED with n rejected, exit code 3, and keeps its ledger on
the target so that they can be read again. Rows are private: files are readable by you only.";

pub(super) const EXAMPLES_VERIFY: &str = "\
Examples:
  tidegate verify --from postgres://ana@db1/crm --to postgres://ana@db2/crm
  tidegate verify crm-1120                       what that job copied
  tidegate verify show crm-1120.verify           rows that differ, by key
  tidegate verify show crm-1120.verify --values  with the values of both sides
  tidegate verify crm-1120 --repair              put the target right, then look again

Rows are compared by hashes of their values, chunk by chunk, in a snapshot of each side; a chunk
that differs is looked at again in new snapshots and taken apart to its rows. Nothing is written
without --repair. Exit codes: 0 equal, 4 something differs, 3 some chunks could not be compared.";

pub(super) const EXAMPLES_NEW: &str = "\
Examples:
  tidegate new crm-nov --from prod --to test --threads 8
  tidegate new crm-nov --from prod --to test --where \"crm.orders=placed >= '2024-01-01'\" \\
      --rename crm.orders=orders_2024 --expression 'crm.users.email=md5(email)'
  tidegate plan crm-nov --all
  tidegate start crm-nov";

pub(super) const EXAMPLES_CONFORM: &str = "\
Examples:
  tidegate conform crm-1120 --show               statements for the job's target, run by nobody
  tidegate conform --job-file crm.toml --only 2  one of them, after the target's name was typed
  tidegate conform --from prod --to test --save crm
                                                 kept as templates/crm.sql beside config.toml
  tidegate conform --to test --template crm --yes-target test

A job never changes settings by itself; its plan offers these statements. They are run one by one
and stop at the first that fails. A template is a text to read and edit.";

pub(super) const EXAMPLES_PLAN: &str = "\
Examples:
  tidegate plan crm-nov
  tidegate plan --job-file crm.toml --all        makes no job; exit code 5 when it is blocked
  tidegate plan crm-nov --json | jq '.findings[] | select(.severity == \"BLOCK\")'";

pub(super) const EXAMPLES_ATTACH: &str = "\
Examples:
  tidegate attach crm-nov               keys: + - threads, p pause, r resume, q leave, ? help
  tidegate attach crm-nov --read-only   look only
  tidegate attach crm-nov | tee log     lines instead of a screen

An engine that has to be started loads the job and waits; `r` or `tidegate resume` goes on.";

pub(super) const EXAMPLES_STATUS: &str = "\
Examples:
  tidegate status crm-nov
  tidegate status crm-nov --sup
  tidegate status crm-nov --json | jq .progress.percent
  tidegate status crm-nov --follow";

pub(super) const EXAMPLES_STOP: &str = "\
Examples:
  tidegate stop crm-nov -y
  tidegate stop crm-nov --now --yes-target crm

Finished chunks are kept; `tidegate resume` goes on from there with a new snapshot of the source.
`pause` keeps the snapshot.";

pub(super) const EXAMPLES_LIMITS: &str = "\
Keys:
  source_sessions, target_sessions  active sessions of others (the job's own are not counted)
  source_load, target_load          one-minute load of the server's host, where it is known
  replica_lag                       PostgreSQL: of the target's replicas; MySQL: of the target
  target_free, state_free           room that must stay free
  hours                             local time of the engine's host, several with commas
  keep_trying                       a lost server is tried so long, then the job pauses
  every                             how often the servers are asked, 5s by default

Examples:
  tidegate limits crm-nov
  tidegate limits crm-nov target_sessions=40 replica_lag=30s
  tidegate limits crm-nov hours=20:00-06:00
  tidegate limits crm-nov hours=none";

pub(super) const EXAMPLES_THREADS: &str = "\
Examples:
  tidegate threads crm-nov          prints the present number
  tidegate threads crm-nov 12
  tidegate threads crm-nov --max 64

Lowering stops nothing: a worker leaves after its chunk.";

pub(super) const EXAMPLES_RATE: &str = "\
Examples:
  tidegate rate crm-nov             prints the present limit
  tidegate rate crm-nov 40MB/s
  tidegate rate crm-nov none";

pub(super) const EXAMPLES_TABLES: &str = "\
Examples:
  tidegate tables crm-nov --state failed
  tidegate tables mysql://ana@db1/crm --to postgres://ana@db2/crm
  tidegate tables prod --table 'crm.order*' --exact --json | jq '.schemas[].tables[].rows'
  tidegate tables prod --check-where \"crm.orders=placed >= '2024-01-01'\"";

pub(super) const EXAMPLES_PROBE: &str = "\
Examples:
  tidegate probe prod
  tidegate probe --target postgres://ana@db2/crm
  tidegate probe prod test --json | jq -r '.probes[].facts[]'";

pub(super) const EXAMPLES_CHUNKS: &str = "\
Examples:
  tidegate chunks crm-nov --state failed
  tidegate chunks crm-nov --table crm.orders --json | jq '.chunks[].attempts'
  tidegate chunks crm-nov --steps";

pub(super) const EXAMPLES_RETRY: &str = "\
Examples:
  tidegate retry crm-nov --chunk 'crm.orders#81'
  tidegate retry crm-nov --all -y";

pub(super) const EXAMPLES_SKIP: &str = "\
Examples:
  tidegate skip crm-nov --chunk 'crm.tmp#3' --reason 'not needed' --yes-target crm";

pub(super) const EXAMPLES_WAIT: &str = "\
Examples:
  tidegate wait crm-nov && psql crm -f after.sql
  tidegate wait crm-nov --for copied --timeout 2h

The exit code is the job's: 0 when everything is there, 3 with failed or skipped chunks.";

pub(super) const EXAMPLES_COMPLETIONS: &str = "\
Examples:
  tidegate completions bash > /etc/bash_completion.d/tidegate
  tidegate completions zsh > ~/.zfunc/_tidegate";
