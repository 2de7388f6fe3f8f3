-- Types a column can have, with what they are made of. Row types of tables are left out.
SELECT t.oid::int8 AS oid,
       n.nspname::text AS schema,
       t.typname::text AS name,
       t.typtype::text AS kind,
       t.typbasetype::int8 AS base_oid,
       t.typtypmod::int8 AS base_modifier,
       CASE WHEN t.typcategory = 'A' AND t.typlen = -1 THEN t.typelem ELSE 0 END::int8
           AS element_oid,
       COALESCE(r.rngsubtype, 0)::int8 AS range_of_oid,
       t.typsend <> 0 AND t.typreceive <> 0 AS has_binary
FROM pg_catalog.pg_type t
JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
LEFT JOIN pg_catalog.pg_class c ON c.oid = t.typrelid
-- `rngmultitypid` came with PostgreSQL 14; to_jsonb makes the query run before it as well.
LEFT JOIN pg_catalog.pg_range r
       ON t.oid IN (r.rngtypid, COALESCE((pg_catalog.to_jsonb(r) ->> 'rngmultitypid'), '0')::oid)
WHERE (t.typrelid = 0 OR c.relkind = 'c')
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_type e
                  JOIN pg_catalog.pg_class ec ON ec.oid = e.typrelid AND ec.relkind <> 'c'
                  WHERE e.oid = t.typelem AND t.typcategory = 'A');
