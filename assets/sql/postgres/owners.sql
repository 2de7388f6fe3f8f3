-- The table that an object of pg_dump's archive is part of, by catalogue and oid.
SELECT o.class_oid::int8 AS class_oid, o.oid::int8 AS oid,
       n.nspname::text AS schema, c.relname::text AS name
FROM (
    SELECT 'pg_catalog.pg_class'::regclass::oid AS class_oid, i.indexrelid AS oid, i.indrelid AS table_oid
    FROM pg_catalog.pg_index i
  UNION ALL
    SELECT 'pg_catalog.pg_class'::regclass, d.objid, d.refobjid
    FROM pg_catalog.pg_depend d
    JOIN pg_catalog.pg_class s ON s.oid = d.objid AND s.relkind = 'S'
    WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objsubid = 0
      AND d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjsubid > 0
      AND d.deptype IN ('a', 'i')
  UNION ALL
    SELECT 'pg_catalog.pg_class'::regclass, t.oid, t.oid FROM pg_catalog.pg_class t
    WHERE t.relkind IN ('r', 'p', 'f')
  UNION ALL
    SELECT 'pg_catalog.pg_constraint'::regclass, con.oid, con.conrelid
    FROM pg_catalog.pg_constraint con WHERE con.conrelid <> 0
  UNION ALL
    SELECT 'pg_catalog.pg_trigger'::regclass, t.oid, t.tgrelid FROM pg_catalog.pg_trigger t
  UNION ALL
    SELECT 'pg_catalog.pg_policy'::regclass, p.oid, p.polrelid FROM pg_catalog.pg_policy p
  UNION ALL
    SELECT 'pg_catalog.pg_rewrite'::regclass, r.oid, r.ev_class FROM pg_catalog.pg_rewrite r
  UNION ALL
    SELECT 'pg_catalog.pg_attrdef'::regclass, a.oid, a.adrelid FROM pg_catalog.pg_attrdef a
  UNION ALL
    SELECT 'pg_catalog.pg_statistic_ext'::regclass, s.oid, s.stxrelid
    FROM pg_catalog.pg_statistic_ext s
  UNION ALL
    SELECT 'pg_catalog.pg_publication_rel'::regclass, p.oid, p.prrelid
    FROM pg_catalog.pg_publication_rel p
) o
JOIN pg_catalog.pg_class c ON c.oid = o.table_oid AND c.relkind IN ('r', 'p', 'f')
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'tidegate');
