-- Key columns of every index. origin: c = CREATE INDEX, u = UNIQUE, pk = PRIMARY KEY.
SELECT m.name, l.name, l."unique", l.origin, i.sql, x.name, x."desc", x.cid
FROM sqlite_schema AS m,
     pragma_index_list(m.name, 'main') AS l,
     pragma_index_xinfo(l.name, 'main') AS x
LEFT JOIN sqlite_schema AS i ON i.type = 'index' AND i.name = l.name
WHERE m.type = 'table'
  AND m.sql NOT LIKE 'CREATE VIRTUAL %'
  AND x.key = 1
ORDER BY m.rowid, l.seq DESC, x.seqno
