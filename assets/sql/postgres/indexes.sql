-- Indexes of every table, the ones behind constraints included.
SELECT i.indrelid::int8 AS table_oid,
       ic.relname::text AS name,
       am.amname::text AS method,
       i.indisunique AS is_unique,
       i.indisprimary AS is_primary,
       i.indisvalid AND i.indisready AS valid,
       i.indexprs IS NOT NULL AS has_expressions,
       pg_catalog.pg_get_expr(i.indpred, i.indrelid, true) AS predicate,
       pg_catalog.pg_get_indexdef(i.indexrelid) AS definition,
       con.conname::text AS constraint_name,
       con.contype::text AS constraint_kind,
       COALESCE(con.condeferrable, false) AS is_deferrable,
       COALESCE(con.condeferred, false) AS initially_deferred,
       k.columns AS columns,
       k.descending AS descending,
       COALESCE(k.all_not_null, false) AS all_not_null,
       -- The set of rows below a value is well defined only where values have a total order.
       COALESCE(k.default_order, false) AS default_order,
       k.first_column AS first_column
FROM pg_catalog.pg_index i
JOIN pg_catalog.pg_class c ON c.oid = i.indrelid AND c.relkind IN ('r', 'p', 'f')
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_class ic ON ic.oid = i.indexrelid
JOIN pg_catalog.pg_am am ON am.oid = ic.relam
LEFT JOIN pg_catalog.pg_constraint con
       ON con.conindid = i.indexrelid AND con.conrelid = i.indrelid
      AND con.contype IN ('p', 'u', 'x')
LEFT JOIN LATERAL (
    SELECT pg_catalog.array_agg(a.attname::text ORDER BY s.n) AS columns,
           pg_catalog.array_agg((i.indoption[s.n] & 1) = 1 ORDER BY s.n) AS descending,
           pg_catalog.bool_and(a.attnotnull) AS all_not_null,
           pg_catalog.bool_and(opc.opcdefault) AS default_order,
           (pg_catalog.array_agg(a.attname::text ORDER BY s.n))[1] AS first_column
    FROM pg_catalog.generate_series(0, i.indnkeyatts - 1) AS s(n)
    JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[s.n]
    JOIN pg_catalog.pg_opclass opc ON opc.oid = i.indclass[s.n]
) k ON true
WHERE n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'tidegate')
ORDER BY i.indrelid, i.indisprimary DESC, ic.relname;
