SELECT m.name, f.id, f."table", f."from", f."to", f.on_update, f.on_delete
FROM sqlite_schema AS m, pragma_foreign_key_list(m.name, 'main') AS f
WHERE m.type = 'table'
  AND m.sql NOT LIKE 'CREATE VIRTUAL %'
ORDER BY m.rowid, f.id DESC, f.seq
