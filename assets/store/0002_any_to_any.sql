-- What came with MySQL, verification and rejects. Applied to new files and to those of form 1.

-- Source columns that name a row, JSON list.
alter table plan_table add column row_key text not null default '[]';
-- What is done to values beyond what follows from the types, JSON.
alter table plan_column add column transform text not null default '{}';
-- The rule of the job that chose the type, and the type without it; null: none did.
alter table plan_column add column rule_by text;
alter table plan_column add column rule_instead_of text;
