-- How closely heap order follows the first column of a unique index.
SELECT DISTINCT i.indrelid::int8 AS table_oid, a.attname::text AS column_name,
       pg_catalog.abs(s.correlation)::float8 AS correlation
FROM pg_catalog.pg_index i
JOIN pg_catalog.pg_class c ON c.oid = i.indrelid AND c.relkind = 'r'
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
JOIN pg_catalog.pg_stats s
  ON s.schemaname = n.nspname AND s.tablename = c.relname AND s.attname = a.attname
 AND NOT s.inherited
WHERE i.indisunique AND s.correlation IS NOT NULL
  AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'tidegate');
