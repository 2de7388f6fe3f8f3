-- Every table of the file but SQLite's own, with its kind: table, shadow, virtual.
SELECT l.name, l.type, l.wr, l.strict, m.sql
FROM pragma_table_list AS l
JOIN sqlite_schema AS m ON m.type = 'table' AND m.name = l.name
WHERE l.schema = 'main'
  AND l.type <> 'view'
  AND l.name NOT LIKE 'sqlite\_%' ESCAPE '\'
  AND l.name NOT LIKE '\_tidegate\_ledger\_%' ESCAPE '\'
ORDER BY m.rowid
