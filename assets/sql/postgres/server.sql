-- Who answers. One row.
SELECT pg_catalog.current_setting('server_version') AS version_text,
       pg_catalog.current_setting('server_version_num')::int8 AS version_num,
       pg_catalog.current_database()::text AS database,
       pg_catalog.pg_encoding_to_char(d.encoding)::text AS encoding,
       d.oid::int8 AS database_oid,
       pg_catalog.current_setting('is_superuser') = 'on' AS superuser,
       pg_catalog.pg_is_in_recovery() AS standby,
       pg_catalog.current_setting('block_size')::int8 AS block_size,
       -- What stands in for the system identifier where it may not be read.
       pg_catalog.concat_ws(' ', pg_catalog.inet_server_addr()::text,
           pg_catalog.inet_server_port()::text,
           pg_catalog.date_part('epoch', pg_catalog.pg_postmaster_start_time())::text)
           AS address,
       -- Connections this user may still open: the tightest of the three limits.
       LEAST(
           pg_catalog.current_setting('max_connections')::int8
           - CASE WHEN pg_catalog.current_setting('is_superuser') = 'on' THEN 0
                  ELSE pg_catalog.current_setting('superuser_reserved_connections')::int8
                       + COALESCE(pg_catalog.current_setting('reserved_connections', true), '0')::int8
             END
           - (SELECT count(*) FROM pg_catalog.pg_stat_activity a
              WHERE a.datid IS NOT NULL AND a.usesysid IS NOT NULL
                AND COALESCE(a.backend_type, 'client backend') = 'client backend'),
           CASE WHEN d.datconnlimit >= 0 AND pg_catalog.current_setting('is_superuser') = 'off'
                THEN d.datconnlimit::int8 - (SELECT count(*) FROM pg_catalog.pg_stat_activity a
                                             WHERE a.datid = d.oid AND a.usesysid IS NOT NULL)
           END,
           CASE WHEN r.rolconnlimit >= 0 AND NOT r.rolsuper
                THEN r.rolconnlimit::int8 - (SELECT count(*) FROM pg_catalog.pg_stat_activity a
                                             WHERE a.usesysid = r.oid)
           END) AS connections_free
FROM pg_catalog.pg_database d
LEFT JOIN pg_catalog.pg_roles r ON r.rolname = current_user
WHERE d.datname = pg_catalog.current_database();
