-- What came with MySQL, verification and rejects. Applied to new files and to those of form 1.

-- Source columns that name a row, JSON list.
alter table plan_table add column row_key text not null default '[]';
-- What is done to values beyond what follows from the types, JSON.
alter table plan_column add column transform text not null default '{}';
-- The rule of the job that chose the type, and the type without it; null: none did.
alter table plan_column add column rule_by text;
alter table plan_column add column rule_instead_of text;

-- Verification: what became of each chunk that was compared. No row: not compared yet.
create table compared_chunk (
  chunk_id      integer primary key,
  table_id      integer not null,
  compared_at   integer not null,          -- milliseconds since 1970 UTC
  source_rows   integer not null,
  target_rows   integer not null,
  source_digest text    not null,          -- comparable within one row only
  target_digest text    not null,
  missing       integer not null,          -- rows the target lacks
  extra         integer not null,          -- rows only the target has
  different     integer not null,          -- rows with equal keys and different values
  at_least      integer not null,          -- 1: there are more, not counted
  settled       integer not null,          -- 1: differed at first, equal at the second look
  mended_at     integer                    -- copied again since; the figures are those after it
);
create index compared_chunk_table on compared_chunk (table_id);

-- Differing rows by name, the first of each table. Never a value other than the key's.
create table compared_row (
  chunk_id integer not null references compared_chunk (chunk_id) on delete cascade,
  table_id integer not null,
  change   text    not null check (change in ('missing', 'extra', 'different')),
  row_key  text    not null,               -- JSON list of the key's values; the row's hash without
  has_key  integer not null,
  columns  text    not null                -- JSON list: the source's columns that differ
);
create index compared_row_chunk on compared_row (chunk_id);
create index compared_row_table on compared_row (table_id);

-- One line per table of a verification.
create view verify_status as
select
  t.source_schema || '.' || t.source_name as source_table,
  t.target_schema || '.' || t.target_name as target_table,
  case
    when sum(ifnull(c.missing + c.extra + c.different + c.at_least, 0)) > 0 then 'differs'
    when count(c.chunk_id) = t.chunk_count then 'equal'
    else 'not compared'
  end as verdict,
  count(c.chunk_id) as chunks_compared, t.chunk_count as chunks,
  ifnull(sum(c.source_rows), 0) as source_rows,
  ifnull(sum(c.target_rows), 0) as target_rows,
  ifnull(sum(c.missing), 0) as missing,
  ifnull(sum(c.extra), 0) as extra,
  ifnull(sum(c.different), 0) as different,
  ifnull(max(c.at_least), 0) as at_least,
  sum(c.mended_at is not null) as chunks_repaired
from plan_table t left join compared_chunk c on c.table_id = t.id
group by t.id;

-- Differing rows with table, key and columns.
create view verify_rows as
select
  t.source_schema || '.' || t.source_name as source_table,
  r.change, r.row_key, r.columns, k.number as chunk
from compared_row r
join plan_table t on t.id = r.table_id
join chunk k on k.id = r.chunk_id;
