-- Schemas that are the operator's: not the system's, not tidegate's.
SELECT n.nspname::text AS schema
FROM pg_catalog.pg_namespace n
WHERE n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'tidegate')
ORDER BY n.nspname;
