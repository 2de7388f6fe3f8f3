-- The server's time zone as its files have it: every session of ours logs in with UTC, so that it
-- cannot be asked for. For users who may read the files' settings.
SELECT f.setting AS value FROM pg_catalog.pg_file_settings f
WHERE pg_catalog.lower(f.name) = 'timezone' AND f.error IS NULL
ORDER BY f.seqno DESC LIMIT 1;
