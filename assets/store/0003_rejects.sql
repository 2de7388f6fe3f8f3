-- Rows that the target refused and that were put aside. Applied to new files and to older ones.

-- Limits of rejected rows; null: a bad row fails its chunk.
alter table job add column rejects_per_table integer;
alter table job add column rejects_per_job integer;

-- Its chunks read rejected rows of that table again. Such a table stands behind those of the plan;
-- its name is only for people.
alter table plan_table add column retry_of integer references plan_table (id);

-- Rows put aside when the chunk was processed, and the handout that found them.
alter table chunk add column rejected integer not null default 0;
alter table chunk add column rejected_handout integer not null default 0;
-- Rejected rows that the chunk reads again; its range_from is {"keys":[[...],...]} then.
alter table chunk add column retry_keys integer not null default 0;

-- Rows as workers found them, before the target's commit. They are in force when their chunk is
-- processed under the same handout, and until a retry that takes them up is processed: see
-- rejected_rows. Nothing of this is stored twice.
create table reject (
  id           integer primary key,
  table_id     integer not null references plan_table (id), -- of the plan, also for a retry's rows
  chunk_id     integer not null references chunk (id),
  handout      integer not null,
  gone         integer not null default 0, -- asked for again by key, and no longer at the source
  retry_chunk  integer references chunk (id),
  row_key      text,                       -- JSON list, see plan_table.row_key; null: no name
  column_name  text,
  code         text,
  message      text not null,
  detail       text,
  cause        text not null,              -- what rows of one cause share, without values
  row_text     blob,                       -- one line as COPY text spells it; null: too long
  row_bytes    integer not null,
  at           integer not null
) strict;

create index reject_of_chunk on reject (chunk_id, handout);
create index reject_of_table on reject (table_id, id);
create index reject_in_retry on reject (retry_chunk) where retry_chunk is not null;

-- The rejected rows that are in force.
create view rejected_rows as
select
  r.id, r.table_id,
  t.source_schema || '.' || t.source_name as source_table,
  r.chunk_id, r.row_key, r.column_name, r.code, r.message, r.detail, r.cause,
  r.row_text, r.row_bytes, r.gone, r.retry_chunk, r.at
from reject r
join chunk c on c.id = r.chunk_id and c.state = 2 and c.rejected_handout = r.handout
join plan_table t on t.id = r.table_id
left join chunk q on q.id = r.retry_chunk
where q.id is null or q.state <> 2;
