-- Everything a catalogue can hold that a copy could get wrong. Read by psql.
SELECT current_setting('server_version_num')::int >= 140000 AS v14,
       current_setting('server_version_num')::int >= 150000 AS v15,
       current_setting('server_version_num')::int >= 180000 AS v18 \gset
CREATE EXTENSION citext;
CREATE EXTENSION hstore;
CREATE EXTENSION pg_trgm;
CREATE EXTENSION btree_gist;
CREATE SCHEMA "Order";
COMMENT ON SCHEMA "Order" IS 'a reserved word, and capital';
CREATE SCHEMA types;

CREATE TYPE types.mood AS ENUM ('sad', 'it''s ok', 'happy');
CREATE TYPE types.pair AS (a integer, b text);
CREATE DOMAIN types.positive AS integer CHECK (VALUE > 0);
CREATE DOMAIN types.mail AS citext NOT NULL;
CREATE TYPE types.floatrange AS RANGE (subtype = float8, subtype_diff = float8mi);
CREATE COLLATION types.german (provider = icu, locale = 'de-u-co-phonebk');

CREATE FUNCTION types.twice(n integer) RETURNS integer LANGUAGE sql IMMUTABLE
    AS $$ SELECT n * 2; -- ; ' "
    $$;
CREATE PROCEDURE types.nothing() LANGUAGE plpgsql AS $$ BEGIN NULL; END $$;
CREATE FUNCTION types.add(a numeric, b numeric) RETURNS numeric LANGUAGE sql IMMUTABLE
    AS 'SELECT COALESCE(a, 0) + COALESCE(b, 0)';
CREATE AGGREGATE types.total(numeric) (SFUNC = types.add, STYPE = numeric);
CREATE OPERATOR types.### (LEFTARG = numeric, RIGHTARG = numeric, FUNCTION = types.add);

CREATE TABLE "Order"."select" (
    "from" integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    "a ""quoted"" name" text COLLATE "C" DEFAULT 'x; -- '' y',
    "Ünïcode" varchar(10),
    doubled integer GENERATED ALWAYS AS ("from" * 2) STORED,
    m types.mood DEFAULT 'happy',
    ms types.mood[],
    p types.pair,
    d types.positive,
    h hstore,
    CONSTRAINT "check me" CHECK (length("Ünïcode") > 1)
);
INSERT INTO "Order"."select" ("a ""quoted"" name", "Ünïcode", m, ms, p, d, h)
SELECT CASE WHEN i % 7 = 0 THEN NULL ELSE E'tab\t back\\slash \n line ' || i END, 'äöü€', 'it''s ok',
       ARRAY['sad', 'happy']::types.mood[], (i, 'x,"y')::types.pair, i, 'a=>1, b=>NULL'
FROM generate_series(1, 2000) i;
COMMENT ON TABLE "Order"."select" IS 'what''s "this"?';
COMMENT ON COLUMN "Order"."select"."from" IS E'two\nlines';
CREATE INDEX "index of select" ON "Order"."select" (lower("a ""quoted"" name"))
    INCLUDE ("Ünïcode") WHERE doubled > 10;
CREATE INDEX ON "Order"."select" USING gin ("a ""quoted"" name" gin_trgm_ops);
CREATE INDEX ON "Order"."select" ("a ""quoted"" name" COLLATE types.german DESC NULLS LAST);
CREATE INDEX ON "Order"."select" USING hash ("Ünïcode");
CREATE INDEX ON "Order"."select" USING brin ("from") WITH (pages_per_range = 4);
CREATE INDEX ON "Order"."select" (types.twice("from"));
ALTER TABLE "Order"."select" ALTER m SET STATISTICS 300, ALTER h SET STORAGE EXTERNAL;
CREATE STATISTICS types.related (ndistinct, dependencies) ON m, d FROM "Order"."select";
SELECT setval('"Order"."select_from_seq"', 9000, false);

-- Values at the edges of their types.
CREATE TABLE types.edges (
    id serial PRIMARY KEY, f4 real, f8 double precision, n numeric, n2 numeric(6, 2), d date,
    ts timestamp, tz timestamptz, t time, ttz timetz, iv interval, u uuid, b bytea, j json,
    jb jsonb, x xml, bits bit(5), vb bit varying(9), c char(4), q "char", nm name, mo money,
    ip inet, ci cidr, mac macaddr, pt point, ir int4range, fr types.floatrange,
    tsv tsvector, tsq tsquery, reg regclass, o oid, ai integer[], at text[][], lsn pg_lsn,
    ar timestamptz[]
);
INSERT INTO types.edges (f4, f8, n, d, ts, tz, t, ttz, iv) VALUES
    ('NaN', 'NaN', 'NaN', 'infinity', '-infinity', 'infinity', '24:00', '00:00+14', '-178000000 years'),
    ('-Infinity', 'Infinity', 'NaN', '4713-01-01 BC', '4713-01-01 00:00:00 BC',
     '294276-12-31 23:59:59.999999+00', '23:59:59.999999', '23:59-15:59', '1 mon -1 day 00:00:00.000001'),
    (1e-37, 5e-324, 1e-1000, '5874897-12-31', '2000-02-29 01:02:03.000004', '0044-03-15 BC 12:00+01',
     '00:00', '12:00+05:30:15', '0'),
    (-0.0, 0.1::float8 + 0.2::float8, 123456789012345678901234567890.123456789, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO types.edges (n2, u, b, j, jb, x, bits, vb, c, q, nm, mo) VALUES
    (-1234.56, 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '\x00ff5c270a', '{"a" : 1, "a": 2}', '{"b": [1, null, 1e400]}',
     '<a>ä</a>', B'10101', B'1', 'ab', '\200', 'a name', '-12.34'),
    (NULL, NULL, '', 'null', '"\u00e4\u2028"', NULL, NULL, B'', '', '', '', '92233720368547758.07');
INSERT INTO types.edges (ip, ci, mac, pt, ir, fr, tsv, tsq, reg, o, ai, at, lsn, ar) VALUES
    ('::1/64', '10.0.0.0/8', '08:00:2b:01:02:03', '(1e300,-0)', '[,5)', '[0.1,NaN]',
     'a:1A b:2', 'a & !b', 'types.edges', 4294967295, '[0:2]={1,NULL,3}', '{{"a,b","c\"d"},{NULL,"NULL"}}',
     '16/B374D848', '{infinity,"0001-01-01 BC"}'),
    (NULL, NULL, NULL, NULL, 'empty', 'empty', '', NULL, NULL, 0, '{}', '{}', '0/0', '{}');
\if :v14
ALTER TABLE types.edges ADD nmr nummultirange, ADD frs types.floatmultirange;
INSERT INTO types.edges (n, nmr, frs) VALUES
    ('Infinity', '{[1,2),(3,]}', '{[-Infinity,0.1]}'), ('-Infinity', '{}', NULL);
\endif
\if :v15
ALTER TABLE types.edges ADD rounded numeric(6, -2);
INSERT INTO types.edges (rounded) VALUES (123456);
CREATE TABLE types.one_null (a integer UNIQUE NULLS NOT DISTINCT);
INSERT INTO types.one_null VALUES (1), (NULL);
\endif
\if :v18
CREATE TABLE types.virtual (a integer, b integer GENERATED ALWAYS AS (a + 1) VIRTUAL,
    n integer, CONSTRAINT never_null NOT NULL n NOT VALID,
    CONSTRAINT lax CHECK (a > 0) NOT ENFORCED);
INSERT INTO types.virtual (a, n) VALUES (-1, 1);
CREATE TABLE types.booked (id integer, during daterange, PRIMARY KEY (id, during WITHOUT OVERLAPS));
INSERT INTO types.booked SELECT 1, daterange(i, i + 1) FROM
    (SELECT '2024-01-01'::date + n AS i FROM generate_series(1, 900) n) s;
\endif

-- Keys of every kind, and none.
CREATE TABLE types.by_uuid (id uuid PRIMARY KEY, v integer);
INSERT INTO types.by_uuid SELECT md5(i::text)::uuid, i FROM generate_series(1, 3000) i;
CREATE TABLE types.by_mail (id types.mail PRIMARY KEY, v text);
INSERT INTO types.by_mail SELECT (CASE WHEN i % 2 = 0 THEN 'A' ELSE 'b' END) || md5(i::text), 'v' || i
FROM generate_series(1, 3000) i;
CREATE TABLE types.by_several (t citext, m types.mood, n numeric, ts timestamptz, v integer,
                               PRIMARY KEY (m, t, n, ts));
INSERT INTO types.by_several
SELECT (CASE WHEN i % 2 = 0 THEN 'AB' ELSE 'ab' END) || i / 2, (ENUM_RANGE(NULL::types.mood))[1 + i % 3], i / 3.0,
       'epoch'::timestamptz + i * interval '1.000001 s', i FROM generate_series(1, 3000) i;
CREATE TABLE types.by_text (id text COLLATE "C" NOT NULL, v integer);
INSERT INTO types.by_text SELECT E'k\\''' || chr(200 + i % 300) || i, i FROM generate_series(1, 3000) i;
CREATE UNIQUE INDEX by_text_is_as_good_as_a_key ON types.by_text (id);
CREATE TABLE types.by_range (during tstzrange PRIMARY KEY, v integer);
INSERT INTO types.by_range
SELECT tstzrange('epoch'::timestamptz + i * interval '1 h', 'epoch'::timestamptz + (i + 1) * interval '1 h'), i
FROM generate_series(1, 500) i;
CREATE TABLE types.without_key (a integer, b text);
INSERT INTO types.without_key SELECT i % 10, repeat('x', i % 500) FROM generate_series(1, 5000) i;
DELETE FROM types.without_key WHERE a = 3;
CREATE TABLE types.without_columns ();
INSERT INTO types.without_columns SELECT FROM generate_series(1, 10);
CREATE TABLE types.only_generated (g integer GENERATED ALWAYS AS (1 + 1) STORED);
INSERT INTO types.only_generated DEFAULT VALUES;
CREATE UNLOGGED TABLE types.unlogged (a integer PRIMARY KEY);
INSERT INTO types.unlogged SELECT generate_series(1, 100);
CREATE TABLE types.empty (a integer PRIMARY KEY);
CREATE TABLE types.wide (id bigint PRIMARY KEY, big text);
INSERT INTO types.wide SELECT i, (SELECT string_agg(md5((i * j)::text), '') FROM generate_series(1, 20000) j)
FROM generate_series(1, 8) i;

-- Partitions, inheritance.
CREATE TABLE types.measured (at date NOT NULL, site integer NOT NULL, v float8, PRIMARY KEY (at, site))
    PARTITION BY RANGE (at);
CREATE TABLE types.measured_2024 PARTITION OF types.measured FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE types.measured_2025 PARTITION OF types.measured FOR VALUES FROM ('2025-01-01') TO ('2026-01-01')
    PARTITION BY HASH (site);
CREATE TABLE types.measured_2025_0 PARTITION OF types.measured_2025 FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE types.measured_2025_1 PARTITION OF types.measured_2025 FOR VALUES WITH (MODULUS 2, REMAINDER 1);
CREATE TABLE types.measured_rest PARTITION OF types.measured DEFAULT;
CREATE INDEX ON types.measured (v);
INSERT INTO types.measured SELECT '2024-06-01'::date + i, i % 5, i / 7.0 FROM generate_series(1, 900) i;
CREATE TABLE types.animal (id serial PRIMARY KEY, name text);
CREATE TABLE types.dog (barks boolean, PRIMARY KEY (id)) INHERITS (types.animal);
INSERT INTO types.animal (name) VALUES ('cat');
INSERT INTO types.dog (name, barks) VALUES ('rex', true);

-- Constraints.
CREATE TABLE types.room (id integer PRIMARY KEY, boss integer, during tsrange,
    name text UNIQUE DEFERRABLE INITIALLY DEFERRED,
    EXCLUDE USING gist (id WITH =, during WITH &&),
    FOREIGN KEY (boss) REFERENCES types.room DEFERRABLE INITIALLY DEFERRED);
INSERT INTO types.room VALUES (1, 2, '[2020-01-01,2020-02-01)', 'one'), (2, 1, '[2020-01-15,2020-03-01)', 'two');
CREATE TABLE types.guest (id integer PRIMARY KEY, room integer, at date, site integer,
    FOREIGN KEY (at, site) REFERENCES types.measured MATCH FULL ON UPDATE CASCADE ON DELETE SET NULL);
INSERT INTO types.guest VALUES (1, 99, NULL, NULL), (2, 1, '2024-06-02', 1);
ALTER TABLE types.guest ADD FOREIGN KEY (room) REFERENCES types.room NOT VALID;
ALTER TABLE types.guest ADD CONSTRAINT high CHECK (id > 1) NOT VALID;
ALTER TABLE types.guest REPLICA IDENTITY FULL;

-- Views, rules, triggers, policies.
CREATE VIEW types.rooms WITH (security_barrier) AS
    SELECT r.id, r.name, count(*) AS guests FROM types.room r JOIN types.guest g ON g.room = r.id GROUP BY r.id;
CREATE RULE no_rooms AS ON INSERT TO types.rooms DO INSTEAD NOTHING;
CREATE MATERIALIZED VIEW types.total_by_site AS SELECT site, types.total(v::numeric) AS sum FROM types.measured GROUP BY site;
CREATE UNIQUE INDEX ON types.total_by_site (site);
CREATE VIEW types.between AS SELECT * FROM types.total_by_site;
CREATE MATERIALIZED VIEW types.a_total AS SELECT sum(sum) FROM types.between;
CREATE MATERIALIZED VIEW types.never_filled AS SELECT 1 AS one WITH NO DATA;
CREATE FUNCTION types.stamp() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN NEW.name := 'touched by a trigger'; RETURN NEW; END $$;
CREATE TRIGGER stamp BEFORE INSERT OR UPDATE OF name ON types.animal FOR EACH ROW EXECUTE FUNCTION types.stamp();
ALTER TABLE types.animal DISABLE TRIGGER stamp;
CREATE FUNCTION types.per_row() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
CREATE TRIGGER each AFTER INSERT ON types.measured FOR EACH ROW EXECUTE FUNCTION types.per_row();
CREATE CONSTRAINT TRIGGER late AFTER INSERT ON types.room DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION types.per_row();
ALTER TABLE types.guest ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON types.guest FOR SELECT TO PUBLIC USING (id > 0);
CREATE FUNCTION types.refuse() RETURNS event_trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'no more tables'; END $$;
CREATE EVENT TRIGGER zz_refuse ON ddl_command_start WHEN TAG IN ('CREATE TABLE', 'CREATE INDEX', 'ALTER TABLE')
    EXECUTE FUNCTION types.refuse();
CREATE PUBLICATION news FOR TABLE types.room, types.by_uuid;
CREATE TEXT SEARCH DICTIONARY types.plain (TEMPLATE = simple, STOPWORDS = english);
CREATE TEXT SEARCH CONFIGURATION types.search (COPY = simple);

-- Sequences in odd positions, privileges, large objects.
CREATE SEQUENCE types.down INCREMENT -3 MAXVALUE 100 MINVALUE -100 START 50 CYCLE CACHE 5;
SELECT nextval('types.down'), nextval('types.down');
CREATE SEQUENCE types.never AS smallint START 7;
CREATE SEQUENCE types.set_not_called; SELECT setval('types.set_not_called', 42, false);
REVOKE ALL ON types.room FROM postgres;
GRANT SELECT ON types.room TO PUBLIC;
GRANT SELECT (id) ON types.guest TO pg_monitor WITH GRANT OPTION;
ALTER DEFAULT PRIVILEGES IN SCHEMA types GRANT SELECT ON TABLES TO PUBLIC;
REVOKE EXECUTE ON FUNCTION types.twice(integer) FROM PUBLIC;
SELECT lo_create(100001);
SELECT lo_from_bytea(100002, '\x00010203');
SELECT lo_from_bytea(100003, convert_to(repeat('large ', 500000), 'UTF8'));
ANALYZE;
