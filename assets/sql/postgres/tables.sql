-- Every table: ordinary, partitioned, foreign. Tables of extensions come with the extension.
SELECT c.oid::int8 AS oid,
       n.nspname::text AS schema,
       c.relname::text AS name,
       c.relkind::text AS kind,
       c.relpersistence = 'u' AS unlogged,
       c.relispartition AS is_partition,
       CASE WHEN c.relrowsecurity THEN pg_catalog.row_security_active(c.oid) ELSE false END
           AS row_security,
       c.reltuples::float8 AS reltuples,
       c.relpages::int8 AS relpages,
       CASE WHEN c.relkind = 'r'
            THEN COALESCE(pg_catalog.pg_table_size(c.oid), 0) ELSE 0 END::int8 AS bytes,
       CASE WHEN c.relkind = 'r'
            THEN COALESCE(pg_catalog.pg_relation_size(c.oid), 0)
                 / pg_catalog.current_setting('block_size')::int8 ELSE 0 END::int8 AS pages,
       pg_catalog.obj_description(c.oid, 'pg_class') AS comment
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'f')
  AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'tidegate')
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend e
                  WHERE e.classid = 'pg_catalog.pg_class'::regclass AND e.objid = c.oid
                    AND e.deptype = 'e')
ORDER BY n.nspname, c.relname;
