-- Privileges and comments of large objects as statements, each about up to 500 of them. Their
-- owners' own privileges, which every new object has, are left out.
WITH granted AS (
    SELECT m.oid, a.grantee, a.is_grantable,
           string_agg(a.privilege_type, ', ' ORDER BY a.privilege_type) AS privileges
    FROM pg_catalog.pg_largeobject_metadata m, pg_catalog.aclexplode(m.lomacl) a
    WHERE a.grantee <> m.lomowner
    GROUP BY m.oid, a.grantee, a.is_grantable
), counted_grants AS (
    SELECT g.*, (row_number() OVER (PARTITION BY grantee, is_grantable, privileges ORDER BY oid) - 1)
                / 500 AS batch
    FROM granted g
), described AS (
    SELECT oid, description, (row_number() OVER (ORDER BY oid) - 1) / 500 AS batch
    FROM (SELECT m.oid, pg_catalog.obj_description(m.oid, 'pg_largeobject') AS description
          FROM pg_catalog.pg_largeobject_metadata m) AS d
    WHERE description IS NOT NULL
)
SELECT 'LARGE OBJECT ACL' AS kind,
       pg_catalog.min(oid)::text || ' and ' || count(*) - 1 || ' more' AS name,
       ARRAY['GRANT ' || privileges || ' ON LARGE OBJECT '
             || string_agg(oid::text, ', ' ORDER BY oid) || ' TO '
             || CASE grantee WHEN 0 THEN 'PUBLIC'
                ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(grantee)) END
             || CASE WHEN is_grantable THEN ' WITH GRANT OPTION' ELSE '' END] AS statements
FROM counted_grants
GROUP BY grantee, is_grantable, privileges, batch
UNION ALL
SELECT 'LARGE OBJECT COMMENT', pg_catalog.min(oid)::text || ' and ' || count(*) - 1 || ' more',
       pg_catalog.array_agg('COMMENT ON LARGE OBJECT ' || oid || ' IS '
                            || pg_catalog.quote_literal(description) ORDER BY oid)
FROM described
GROUP BY batch
ORDER BY 1, 2;
