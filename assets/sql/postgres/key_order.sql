-- How a key's columns are compared: the operators of the B-tree index that holds exactly these
-- columns, by full name, because the session's search path is empty.
-- $1 schema, $2 table, $3 columns in key order.
SELECT a.attname::text AS name,
       pg_catalog.format_type(a.atttypid, a.atttypmod) AS type_name,
       a.attnotnull AS not_null,
       pg_catalog.quote_ident(ln.nspname) || '.' || lo.oprname AS less,
       pg_catalog.quote_ident(en.nspname) || '.' || eo.oprname AS equal,
       pg_catalog.quote_ident(gn.nspname) || '.' || go.oprname AS at_least
FROM (
    SELECT i.indrelid, i.indkey, i.indclass, i.indnkeyatts
    FROM pg_catalog.pg_index i
    JOIN pg_catalog.pg_class c ON c.oid = i.indrelid
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_catalog.pg_class ic ON ic.oid = i.indexrelid
    JOIN pg_catalog.pg_am am ON am.oid = ic.relam
    WHERE n.nspname = $1 AND c.relname = $2 AND am.amname = 'btree' AND i.indisvalid
      AND i.indpred IS NULL
      AND $3::text[] = (
          SELECT pg_catalog.array_agg(a.attname::text ORDER BY s.n)
          FROM pg_catalog.generate_series(0, i.indnkeyatts - 1) AS s(n)
          JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[s.n])
    ORDER BY i.indisprimary DESC, i.indisunique DESC, i.indexrelid
    LIMIT 1
) i
CROSS JOIN LATERAL pg_catalog.generate_series(0, i.indnkeyatts - 1) AS s(n)
JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[s.n]
JOIN pg_catalog.pg_opclass opc ON opc.oid = i.indclass[s.n]
JOIN pg_catalog.pg_amop l ON l.amopfamily = opc.opcfamily AND l.amopstrategy = 1
    AND l.amoplefttype = opc.opcintype AND l.amoprighttype = opc.opcintype
JOIN pg_catalog.pg_operator lo ON lo.oid = l.amopopr
JOIN pg_catalog.pg_namespace ln ON ln.oid = lo.oprnamespace
JOIN pg_catalog.pg_amop e ON e.amopfamily = opc.opcfamily AND e.amopstrategy = 3
    AND e.amoplefttype = opc.opcintype AND e.amoprighttype = opc.opcintype
JOIN pg_catalog.pg_operator eo ON eo.oid = e.amopopr
JOIN pg_catalog.pg_namespace en ON en.oid = eo.oprnamespace
JOIN pg_catalog.pg_amop g ON g.amopfamily = opc.opcfamily AND g.amopstrategy = 4
    AND g.amoplefttype = opc.opcintype AND g.amoprighttype = opc.opcintype
JOIN pg_catalog.pg_operator go ON go.oid = g.amopopr
JOIN pg_catalog.pg_namespace gn ON gn.oid = go.oprnamespace
ORDER BY s.n;
