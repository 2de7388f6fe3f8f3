-- The cluster's own number; some hosted servers forbid the function.
SELECT system_identifier::text AS system_identifier FROM pg_catalog.pg_control_system();
