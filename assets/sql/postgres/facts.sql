-- What a person wants to know of a server before anything is copied. One row.
SELECT pg_catalog.current_setting('max_connections')::int8 AS connections,
       pg_catalog.pg_is_in_recovery() AS standby,
       pg_catalog.current_setting('default_transaction_read_only') = 'on' AS read_only,
       pg_catalog.current_setting('wal_level') AS wal_level,
       pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE') AS may_create,
       CASE WHEN pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CONNECT')
            THEN pg_catalog.pg_database_size(pg_catalog.current_database()) END AS bytes,
       (SELECT s.version FROM pg_catalog.pg_stat_ssl s
        WHERE s.pid = pg_catalog.pg_backend_pid() AND s.ssl) AS tls,
       session_user::text AS person;
