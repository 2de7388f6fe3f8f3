-- Columns of every table that is no virtual one (its module might be missing here).
-- hidden: 0 plain, 2 generated, 3 generated and stored.
SELECT m.name, x.name, x.type, x."notnull", x.dflt_value, x.pk, x.hidden
FROM sqlite_schema AS m, pragma_table_xinfo(m.name, 'main') AS x
WHERE m.type = 'table'
  AND m.sql NOT LIKE 'CREATE VIRTUAL %'
ORDER BY m.rowid, x.cid
