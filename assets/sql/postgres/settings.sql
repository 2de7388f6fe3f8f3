-- What the database and its server are set to, one row each. Values that the session itself has set
-- are given as they are without it; what comes from the client's login is left out.
SELECT 'server' AS kind, s.name::text AS name, s.reset_val AS value
FROM pg_catalog.pg_settings s
WHERE s.name IN (
        'standard_conforming_strings', 'default_transaction_isolation', 'intervalstyle',
        'bytea_output', 'lc_monetary', 'lc_numeric', 'lc_time',
        'default_text_search_config', 'xmloption', 'data_directory')
UNION ALL
SELECT 'server', v.name, v.value
FROM pg_catalog.pg_database d,
     LATERAL (VALUES
        ('encoding', pg_catalog.pg_encoding_to_char(d.encoding)::text),
        ('datcollate', d.datcollate::text),
        ('datctype', d.datctype::text),
        ('datlocprovider', pg_catalog.to_jsonb(d) ->> 'datlocprovider'),
        ('datlocale', COALESCE(pg_catalog.to_jsonb(d) ->> 'datlocale',
                               pg_catalog.to_jsonb(d) ->> 'daticulocale')),
        ('user', pg_catalog.quote_ident(current_user))) AS v(name, value)
WHERE d.datname = pg_catalog.current_database()
UNION ALL
SELECT 'database', pg_catalog.split_part(c.entry, '=', 1),
       pg_catalog.substr(c.entry, pg_catalog.strpos(c.entry, '=') + 1)
FROM pg_catalog.pg_db_role_setting s
JOIN pg_catalog.pg_database d ON d.oid = s.setdatabase,
     LATERAL pg_catalog.unnest(s.setconfig) AS c(entry)
WHERE d.datname = pg_catalog.current_database() AND s.setrole = 0
UNION ALL
SELECT 'extension', e.extname::text, e.extversion FROM pg_catalog.pg_extension e
UNION ALL
SELECT DISTINCT 'collation', pg_catalog.quote_ident(n.nspname) || '.'
       || pg_catalog.quote_ident(c.collname), NULL::text
FROM pg_catalog.pg_collation c JOIN pg_catalog.pg_namespace n ON n.oid = c.collnamespace
WHERE c.collencoding IN (-1, (SELECT d.encoding FROM pg_catalog.pg_database d
                              WHERE d.datname = pg_catalog.current_database()));
