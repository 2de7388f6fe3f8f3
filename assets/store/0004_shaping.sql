-- What came with filters, samples, expressions and ways out. Applied to new files and to older ones.

-- Which rows are copied: a condition in the source's SQL, and percent of what it leaves. Null: all.
alter table plan_table add column row_filter text;
alter table plan_table add column row_sample integer check (row_sample between 1 and 99);
-- Columns whose hash chooses the sample, JSON list.
alter table plan_table add column row_sample_by text not null default '[]';
-- Read on the source instead of the column, in its SQL; null: the column itself.
alter table plan_column add column expression text;
-- Numbered ways out, JSON list of {title, change}.
alter table finding add column ways text not null default '[]';
