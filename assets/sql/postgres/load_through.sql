-- Leaves below a hash partitioned table whose key is an enum, or an array, a range or a record that
-- may hold one: the hash of an enum's label is made from its oid, which is another one elsewhere.
-- With the topmost such ancestor, which routes every row.
WITH RECURSIVE up(leaf, ancestor, height) AS (
    SELECT c.oid, i.inhparent, 1
    FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_inherits i ON i.inhrelid = c.oid
    WHERE c.relkind = 'r' AND c.relispartition
    UNION ALL
    SELECT up.leaf, i.inhparent, up.height + 1
    FROM up JOIN pg_catalog.pg_inherits i ON i.inhrelid = up.ancestor
)
SELECT DISTINCT ON (up.leaf)
       up.leaf::int8 AS child, n.nspname::text AS schema, c.relname::text AS name
FROM up
JOIN pg_catalog.pg_partitioned_table p ON p.partrelid = up.ancestor AND p.partstrat = 'h'
JOIN pg_catalog.pg_class c ON c.oid = up.ancestor
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
-- What a class of operators takes: `anyenum`, `anyarray`, `record` and `anyrange` are pseudo-types.
WHERE EXISTS (SELECT FROM pg_catalog.pg_opclass o
              JOIN pg_catalog.pg_type t ON t.oid = o.opcintype
              WHERE o.oid = ANY (p.partclass) AND t.typtype IN ('p', 'e', 'c'))
ORDER BY up.leaf, up.height DESC;
