-- Everything that is not a table or sequence, by kind, with its text where the server gives one.
-- What belongs to an extension comes with the extension.
WITH member AS (
    SELECT classid, objid FROM pg_catalog.pg_depend WHERE deptype = 'e'
), own AS (
    SELECT oid, nspname FROM pg_catalog.pg_namespace
    WHERE nspname !~ '^pg_' AND nspname NOT IN ('information_schema', 'tidegate')
)
SELECT o.kind::text AS kind, o.schema::text AS schema, o.name::text AS name, o.definition
FROM (
    SELECT CASE c.relkind WHEN 'v' THEN 'VIEW' ELSE 'MATERIALIZED VIEW' END AS kind,
           n.nspname AS schema, c.relname AS name,
           pg_catalog.pg_get_viewdef(c.oid) AS definition,
           'pg_catalog.pg_class'::regclass::oid AS classid, c.oid AS objid
    FROM pg_catalog.pg_class c JOIN own n ON n.oid = c.relnamespace WHERE c.relkind IN ('v', 'm')
  UNION ALL
    SELECT CASE p.prokind WHEN 'a' THEN 'AGGREGATE' WHEN 'p' THEN 'PROCEDURE' ELSE 'FUNCTION' END,
           n.nspname,
           -- The types only, as in pg_dump's archive: this is how the two are compared.
           p.proname || '(' || pg_catalog.oidvectortypes(p.proargtypes) || ')',
           CASE WHEN p.prokind <> 'a' THEN pg_catalog.pg_get_functiondef(p.oid) END,
           'pg_catalog.pg_proc'::regclass, p.oid
    FROM pg_catalog.pg_proc p JOIN own n ON n.oid = p.pronamespace
  UNION ALL
    SELECT CASE t.typtype WHEN 'd' THEN 'DOMAIN' ELSE 'TYPE' END, n.nspname, t.typname,
           CASE t.typtype
               WHEN 'e' THEN 'ENUM (' || (
                   SELECT pg_catalog.string_agg(pg_catalog.quote_literal(e.enumlabel), ', '
                                                ORDER BY e.enumsortorder)
                   FROM pg_catalog.pg_enum e WHERE e.enumtypid = t.oid) || ')'
               WHEN 'd' THEN pg_catalog.format_type(t.typbasetype, t.typtypmod)
           END,
           'pg_catalog.pg_type'::regclass, t.oid
    FROM pg_catalog.pg_type t JOIN own n ON n.oid = t.typnamespace
    LEFT JOIN pg_catalog.pg_class c ON c.oid = t.typrelid
    WHERE t.typtype IN ('e', 'd', 'r') OR (t.typtype = 'c' AND c.relkind = 'c')
       OR (t.typtype = 'b' AND t.typcategory <> 'A')
  UNION ALL
    SELECT 'TRIGGER', n.nspname, c.relname || ' ' || t.tgname, pg_catalog.pg_get_triggerdef(t.oid),
           'pg_catalog.pg_trigger'::regclass, t.oid
    FROM pg_catalog.pg_trigger t
    JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid JOIN own n ON n.oid = c.relnamespace
    -- A partition's copy of its parent's trigger is made with the parent's.
    WHERE NOT t.tgisinternal AND t.tgparentid = 0
  UNION ALL
    SELECT 'RULE', n.nspname, c.relname || ' ' || r.rulename, pg_catalog.pg_get_ruledef(r.oid),
           'pg_catalog.pg_rewrite'::regclass, r.oid
    FROM pg_catalog.pg_rewrite r
    JOIN pg_catalog.pg_class c ON c.oid = r.ev_class JOIN own n ON n.oid = c.relnamespace
    WHERE r.rulename <> '_RETURN'
  UNION ALL
    SELECT 'POLICY', n.nspname, c.relname || ' ' || p.polname, NULL,
           'pg_catalog.pg_policy'::regclass, p.oid
    FROM pg_catalog.pg_policy p
    JOIN pg_catalog.pg_class c ON c.oid = p.polrelid JOIN own n ON n.oid = c.relnamespace
  UNION ALL
    SELECT 'CONSTRAINT', n.nspname, c.relname || ' ' || con.conname,
           pg_catalog.pg_get_constraintdef(con.oid),
           'pg_catalog.pg_constraint'::regclass, con.oid
    FROM pg_catalog.pg_constraint con
    JOIN pg_catalog.pg_class c ON c.oid = con.conrelid JOIN own n ON n.oid = c.relnamespace
    WHERE con.contype = 'x' AND con.conparentid = 0
  UNION ALL
    SELECT 'STATISTICS', n.nspname, s.stxname, pg_catalog.pg_get_statisticsobjdef(s.oid),
           'pg_catalog.pg_statistic_ext'::regclass, s.oid
    FROM pg_catalog.pg_statistic_ext s JOIN own n ON n.oid = s.stxnamespace
  UNION ALL
    SELECT 'OPERATOR', n.nspname, o.oprname, NULL, 'pg_catalog.pg_operator'::regclass, o.oid
    FROM pg_catalog.pg_operator o JOIN own n ON n.oid = o.oprnamespace
  UNION ALL
    SELECT 'OPERATOR CLASS', n.nspname, o.opcname, NULL, 'pg_catalog.pg_opclass'::regclass, o.oid
    FROM pg_catalog.pg_opclass o JOIN own n ON n.oid = o.opcnamespace
  UNION ALL
    SELECT 'OPERATOR FAMILY', n.nspname, o.opfname, NULL, 'pg_catalog.pg_opfamily'::regclass, o.oid
    FROM pg_catalog.pg_opfamily o JOIN own n ON n.oid = o.opfnamespace
  UNION ALL
    SELECT 'COLLATION', n.nspname, o.collname, NULL, 'pg_catalog.pg_collation'::regclass, o.oid
    FROM pg_catalog.pg_collation o JOIN own n ON n.oid = o.collnamespace
  UNION ALL
    SELECT 'CONVERSION', n.nspname, o.conname, NULL, 'pg_catalog.pg_conversion'::regclass, o.oid
    FROM pg_catalog.pg_conversion o JOIN own n ON n.oid = o.connamespace
  UNION ALL
    SELECT 'TEXT SEARCH CONFIGURATION', n.nspname, o.cfgname, NULL,
           'pg_catalog.pg_ts_config'::regclass, o.oid
    FROM pg_catalog.pg_ts_config o JOIN own n ON n.oid = o.cfgnamespace
  UNION ALL
    SELECT 'TEXT SEARCH DICTIONARY', n.nspname, o.dictname, NULL,
           'pg_catalog.pg_ts_dict'::regclass, o.oid
    FROM pg_catalog.pg_ts_dict o JOIN own n ON n.oid = o.dictnamespace
  UNION ALL
    SELECT 'EXTENSION', '', e.extname, e.extversion, 'pg_catalog.pg_extension'::regclass, e.oid
    FROM pg_catalog.pg_extension e WHERE e.extname <> 'plpgsql'
  UNION ALL
    -- Rows in tables that an extension lets its users fill: the extension brings them empty.
    SELECT 'EXTENSION TABLE', n.nspname, c.relname, NULL, 0, c.oid
    FROM pg_catalog.pg_extension e
    CROSS JOIN LATERAL pg_catalog.unnest(e.extconfig) AS x(table_oid)
    JOIN pg_catalog.pg_class c ON c.oid = x.table_oid AND c.relkind IN ('r', 'p')
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  UNION ALL
    SELECT 'EVENT TRIGGER', '', e.evtname, NULL, 'pg_catalog.pg_event_trigger'::regclass, e.oid
    FROM pg_catalog.pg_event_trigger e
  UNION ALL
    SELECT 'PUBLICATION', '', p.pubname, NULL, 'pg_catalog.pg_publication'::regclass, p.oid
    FROM pg_catalog.pg_publication p
  UNION ALL
    -- Its oid may not be read by everyone.
    SELECT 'SUBSCRIPTION', '', s.subname, NULL, 0, 0
    FROM pg_catalog.pg_subscription s
    JOIN pg_catalog.pg_database d ON d.oid = s.subdbid
    WHERE d.datname = pg_catalog.current_database()
  UNION ALL
    SELECT 'FOREIGN DATA WRAPPER', '', w.fdwname, NULL,
           'pg_catalog.pg_foreign_data_wrapper'::regclass, w.oid
    FROM pg_catalog.pg_foreign_data_wrapper w
  UNION ALL
    SELECT 'SERVER', '', s.srvname, NULL, 'pg_catalog.pg_foreign_server'::regclass, s.oid
    FROM pg_catalog.pg_foreign_server s
  UNION ALL
    SELECT 'USER MAPPING', '', u.usename || ' ' || u.srvname, NULL, 0, u.umid
    FROM pg_catalog.pg_user_mappings u
  UNION ALL
    SELECT 'PROCEDURAL LANGUAGE', '', l.lanname, NULL, 'pg_catalog.pg_language'::regclass, l.oid
    FROM pg_catalog.pg_language l WHERE l.lanispl
  UNION ALL
    SELECT 'CAST', '', pg_catalog.format_type(k.castsource, NULL) || ' AS '
                       || pg_catalog.format_type(k.casttarget, NULL), NULL,
           'pg_catalog.pg_cast'::regclass, k.oid
    FROM pg_catalog.pg_cast k WHERE k.oid >= 16384
  UNION ALL
    SELECT 'DEFAULT ACL', COALESCE(n.nspname, ''),
           pg_catalog.pg_get_userbyid(a.defaclrole) || ' ' || a.defaclobjtype::text, NULL,
           'pg_catalog.pg_default_acl'::regclass, a.oid
    FROM pg_catalog.pg_default_acl a
    LEFT JOIN pg_catalog.pg_namespace n ON n.oid = a.defaclnamespace
) o
WHERE NOT EXISTS (SELECT FROM member m WHERE m.classid = o.classid AND m.objid = o.objid)
ORDER BY 1, 2, 3;
