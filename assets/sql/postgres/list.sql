-- Every table and view with estimates from statistics, for a person who picks.
SELECT n.nspname::text AS schema,
       c.relname::text AS name,
       c.relkind::text AS kind,
       c.relispartition AS is_partition,
       c.relpersistence = 'u' AS unlogged,
       CASE WHEN c.relkind IN ('r', 'm') AND s.pages = 0 THEN 0
            WHEN c.relkind IN ('r', 'm') AND c.reltuples >= 0 AND c.relpages > 0
            THEN (c.reltuples::float8 / c.relpages * s.pages)::int8
            WHEN c.relkind = 'p' AND c.reltuples >= 0 THEN c.reltuples::int8
       END AS rows,
       CASE WHEN c.relkind IN ('r', 'm') THEN pg_catalog.pg_table_size(c.oid) END AS bytes,
       k.columns AS key
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
CROSS JOIN LATERAL (
    SELECT CASE WHEN c.relkind IN ('r', 'm')
                THEN COALESCE(pg_catalog.pg_relation_size(c.oid), 0)
                     / pg_catalog.current_setting('block_size')::int8 END AS pages
) s
LEFT JOIN LATERAL (
    SELECT pg_catalog.array_agg(a.attname::text ORDER BY p.n) AS columns
    FROM (SELECT i.indkey, i.indnkeyatts FROM pg_catalog.pg_index i
          WHERE i.indrelid = c.oid AND i.indisunique AND i.indisvalid
            AND i.indexprs IS NULL AND i.indpred IS NULL
            AND NOT EXISTS (SELECT FROM pg_catalog.pg_attribute o
                            WHERE o.attrelid = c.oid AND o.attnum = ANY (i.indkey::int2[])
                              AND NOT o.attnotnull)
          ORDER BY i.indisprimary DESC, i.indexrelid LIMIT 1) b
    CROSS JOIN LATERAL pg_catalog.generate_series(0, b.indnkeyatts - 1) AS p(n)
    JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = b.indkey[p.n]
) k ON c.relkind IN ('r', 'p')
WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm')
  AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'tidegate')
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend e
                  WHERE e.classid = 'pg_catalog.pg_class'::regclass AND e.objid = c.oid
                    AND e.deptype = 'e')
ORDER BY n.nspname, c.relname;
