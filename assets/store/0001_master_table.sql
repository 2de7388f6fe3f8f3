-- The master table of one tidegate job.
--
-- One engine writes this file; anyone may read it, also while the job runs:
--
--     sqlite3 -readonly master.db 'select * from import_task_status'
--     sqlite3 -readonly master.db 'select * from table_status'
--     sqlite3 -readonly master.db 'select * from failed_chunks'
--     sqlite3 -readonly master.db 'select * from parallel_execute_chunks limit 20'
--     sqlite3 -readonly master.db 'select datetime(at/1000,"unixepoch"), text from event'
--
-- Do not write to it: the engine keeps the same facts in memory and will not see the change.
-- Moments are milliseconds since 1970-01-01 UTC; spans are milliseconds; sizes are bytes.
-- No password is ever in here.

-- The job itself: what was asked for and how far it is. One row.
create table job (
  id               integer primary key check (id = 1),
  job_id           text    not null,      -- unique for all time; names the ledger on the target
  name             text    not null,
  spec             text    not null,      -- the definition, JSON, without secrets
  state            text    not null check (state in ('DEFINING', 'EXECUTING', 'STOP PENDING',
                     'STOPPING', 'IDLING', 'STOPPED', 'COMPLETING', 'COMPLETED')),
  then_leave       integer not null default 0 check (then_leave in (0, 1)), -- STOP PENDING: stop, not pause
  threads          integer not null,      -- the slider
  threads_max      integer not null,
  index_workers    integer not null,
  rate_bytes       integer,               -- limit in bytes per second; null: none
  attempts_max     integer not null,
  planned          integer not null default 0 check (planned in (0, 1)),
  source_dialect   text,
  target_dialect   text,
  ddl_preamble     text,                  -- JSON list: statements for every session that runs DDL
  snapshots        integer not null default 0, -- snapshots of the source used so far
  final_check_done integer not null default 0, -- the last comparison with the ledger was made
  cleaned_up       integer not null default 0, -- the ledger was removed
  defined_at       integer not null,
  started_at       integer,               -- first EXECUTING
  ended_at         integer                -- COMPLETED
) strict;

-- Tables in the order of the plan. A table's state is computed from its chunks: see table_status.
create table plan_table (
  id                 integer primary key, -- 0-based; number on screen and in commands
  source_schema      text not null,
  source_name        text not null,
  target_schema      text not null,
  target_name        text not null,
  path               text not null,       -- direct copy text, direct copy binary, direct attach, conventional
  path_reason        text not null,
  method             text not null,       -- whole, key, ctid, rowid
  method_columns     text,                -- JSON list, for key
  rows_estimated     integer not null,
  bytes_estimated    integer not null,
  pages_estimated    integer not null,
  target_unlogged    integer not null,
  existing           text not null,       -- created, append, truncated
  overrides_identity integer not null,
  first_chunk        integer not null,    -- its chunks are first_chunk .. first_chunk + chunk_count - 1
  chunk_count        integer not null,
  snapshot           integer not null default 0, -- the snapshot its present load began with
  begins_again       integer not null default 0, -- it is emptied before anything else
  -- Several leaves of one hash partitioned table may be written through it: targets may repeat.
  unique (source_schema, source_name)
) strict;

create table plan_column (
  table_id        integer not null references plan_table (id),
  position        integer not null,
  name            text not null,
  target_name     text not null,
  source_declared text not null,
  source_logical  text not null,          -- JSON
  target_declared text not null,
  target_logical  text not null,          -- JSON
  fit             text not null check (fit in ('exact', 'wider', 'lossy', 'unsupported')),
  reason          text not null,
  primary key (table_id, position)
) strict, without rowid;

-- What the plan had to say: ok, warn or BLOCK.
create table finding (
  id       integer primary key,
  severity text not null check (severity in ('ok', 'warn', 'BLOCK')),
  topic    text not null,
  message  text not null,
  detail   text,
  hint     text
) strict;

-- Every object of the source and what becomes of it.
create table checklist (
  id          integer primary key,
  kind        text not null,
  schema      text not null,
  name        text not null,
  fate        text not null check (fate in ('created', 'skipped', 'needs hands')),
  reason      text,
  source_text text
) strict;

-- The unit of resuming: a range of one table, one transaction on the target.
create table chunk (
  id              integer primary key,    -- 0-based within the job
  table_id        integer not null references plan_table (id),
  number          integer not null,       -- 1-based within the table: crm.orders #81
  range_kind      text    not null check (range_kind in ('whole', 'key', 'ctid', 'rowid')),
  range_from      text,                   -- inclusive; null: open. key: JSON list of texts
  range_until     text,                   -- exclusive; null: open
  -- 0 unassigned, 1 assigned, 2 processed, 3 processed with error, 4 skipped
  state           integer not null default 0 check (state between 0 and 4),
  attempts        integer not null default 0, -- counted against attempts_max
  interruptions   integer not null default 0, -- attempts lost to an outage of a server
  handouts        integer not null default 0, -- times it was given to a worker; never goes back
  not_before      integer,                -- waits for a retry until then
  worker          integer,
  rows_estimated  integer not null,
  bytes_estimated integer not null,
  rows            integer,                -- last written; null before
  bytes           integer,
  started_at      integer,                -- last attempt
  ended_at        integer,
  error_side      text,                   -- last error, kept when a later attempt goes well
  error_kind      text,
  error_code      text,
  error_message   text,
  error_detail    text,
  error_hint      text,
  error_at        integer,
  skip_reason     text,
  unique (table_id, number)
) strict;

create index chunk_troubled on chunk (state, id) where state in (3, 4);

-- The work graph. Load steps have no state of their own: they follow from their chunks.
create table step (
  id            integer primary key,
  kind          text not null,
  section       text not null check (section in ('pre-data', 'data', 'post-data')),
  title         text not null,
  table_id      integer references plan_table (id),
  statements    text not null,            -- JSON list, run in one transaction
  waits_for     text not null,            -- JSON list of step ids
  locks         text not null,            -- JSON list of [table, mode]
  weight        integer not null,
  optional      integer not null,
  state         text not null default 'waiting'
                check (state in ('waiting', 'running', 'done', 'failed', 'skipped')),
  worker        integer,
  attempts      integer not null default 0,
  interruptions integer not null default 0,
  handouts      integer not null default 0,
  not_before    integer,
  started_at    integer,
  ended_at      integer,
  error_code    text,
  error_message text,
  error_detail  text,
  error_hint    text
) strict;

-- One row per engine start, with what that engine did.
create table run (
  number         integer primary key,
  started_at     integer not null,
  ended_at       integer,                 -- null: runs now, or ended without a word
  by_user        text not null,
  by_tty         text not null,
  build          text not null,
  pid            integer not null,
  end_state      text,
  rows           integer not null default 0,
  bytes          integer not null default 0,
  chunks         integer not null default 0,
  failed         integer not null default 0,
  skipped        integer not null default 0,
  snapshot_label text
) strict;

-- Workers of the present run.
create table worker (
  number       integer primary key,
  run          integer not null references run (number),
  pool         text not null check (pool in ('copy', 'build')),
  connected_at integer,
  left_at      integer
) strict;

-- What happened and is worth reading. Assignments are not in here: they are columns of chunk.
create table event (
  id      integer primary key,
  run     integer not null,
  at      integer not null,
  level   text not null check (level in ('info', 'action', 'warn', 'error')),
  kind    text not null,
  by_user text,                           -- null: the engine
  by_tty  text,
  text    text not null
) strict;

-- What operators asked for, with the answer.
create table action (
  id      integer primary key,
  run     integer not null,
  at      integer not null,
  by_user text not null,
  by_tty  text not null,
  verb    text not null,
  result  text not null,                  -- done, refused
  message text not null
) strict;

-- What this job made outside of this file. Recorded before it is made, marked when removed.
create table external (
  id         integer primary key,
  side       text not null check (side in ('source', 'target')),
  kind       text not null,               -- ledger, ...
  name       text not null,
  created_at integer not null,
  removed_at integer,
  unique (side, kind, name)
) strict;

-- The job in one row.
create view import_task_status as
select
  job.name as job, job.state,
  cast(100.0 * sum(case when c.state = 2 then ifnull(c.bytes, c.bytes_estimated) else 0 end)
    / max(1, sum(case when c.state = 2 then ifnull(c.bytes, c.bytes_estimated)
                      else c.bytes_estimated end)) as integer) as percent,
  count(c.id) as chunks,
  ifnull(sum(c.state = 2), 0) as chunks_done,
  ifnull(sum(c.state = 1), 0) as chunks_running,
  ifnull(sum(c.state = 0), 0) as chunks_left,
  ifnull(sum(c.state = 3), 0) as chunks_failed,
  ifnull(sum(c.state = 4), 0) as chunks_skipped,
  ifnull(sum(case when c.state = 2 then c.rows else 0 end), 0) as rows_done,
  ifnull(sum(case when c.state = 2 then c.bytes else 0 end), 0) as bytes_done,
  (select count(*) from step where kind <> 'load' and state = 'done') as steps_done,
  (select count(*) from step where kind <> 'load') as steps,
  (select count(*) from step where state = 'failed') as steps_failed,
  job.threads, job.snapshots,
  datetime(job.started_at / 1000, 'unixepoch') as started_utc,
  datetime(job.ended_at / 1000, 'unixepoch') as ended_utc
from job left join chunk c
group by job.id;

-- One row per table.
create view table_status as
select
  t.id as number,
  t.source_schema || '.' || t.source_name as source_table,
  t.target_schema || '.' || t.target_name as target_table,
  case
    when sum(c.state = 3) > 0 then 'failed'
    when sum(c.state = 1) > 0 then 'running'
    when sum(c.state = 4) = count(*) then 'skipped'
    when sum(c.state in (2, 4)) = count(*) then 'done'
    when sum(c.state = 2) > 0 then 'running'
    else 'waiting'
  end as state,
  count(*) as chunks,
  sum(c.state = 2) as done,
  sum(c.state = 1) as running,
  sum(c.state = 0) as left_over,
  sum(c.state = 3) as failed,
  sum(c.state = 4) as skipped,
  ifnull(sum(case when c.state = 2 then c.rows end), 0) as rows_done,
  t.rows_estimated,
  ifnull(sum(case when c.state = 2 then c.bytes end), 0) as bytes_done,
  t.bytes_estimated,
  t.method, t.path
from plan_table t join chunk c on c.table_id = t.id
group by t.id;

-- As DBA_PARALLEL_EXECUTE_CHUNKS.
create view parallel_execute_chunks as
select
  c.id as chunk_id,
  job.name as task_name,
  t.source_schema || '.' || t.source_name as table_name,
  c.number,
  case c.state when 0 then 'UNASSIGNED' when 1 then 'ASSIGNED' when 2 then 'PROCESSED'
               when 3 then 'PROCESSED_WITH_ERROR' else 'SKIPPED' end as status,
  c.range_kind, c.range_from as start_id, c.range_until as end_id,
  c.worker, c.attempts,
  datetime(c.started_at / 1000, 'unixepoch') as start_ts,
  datetime(c.ended_at / 1000, 'unixepoch') as end_ts,
  c.rows, c.bytes,
  c.error_code, c.error_message
from chunk c join plan_table t on t.id = c.table_id join job;

-- Chunks that were given up, with the reason.
create view failed_chunks as
select
  c.id as chunk_id,
  t.source_schema || '.' || t.source_name || ' #' || c.number as chunk,
  c.range_kind, c.range_from, c.range_until, c.attempts,
  c.rows_estimated,
  datetime(c.error_at / 1000, 'unixepoch') as failed_utc,
  c.error_side, c.error_code, c.error_message, c.error_detail, c.error_hint
from chunk c join plan_table t on t.id = c.table_id
where c.state = 3;
