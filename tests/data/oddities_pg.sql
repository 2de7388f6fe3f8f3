-- Every kind of object and type that pg_dump knows, most of them in their nastiest form.
-- Load with psql as a superuser into an empty database; PostgreSQL 13 to 18.
\set ON_ERROR_STOP on
SET client_min_messages = warning;
SELECT current_setting('server_version_num')::int >= 140000 AS v14,
       current_setting('server_version_num')::int >= 150000 AS v15 \gset

BEGIN;

CREATE EXTENSION citext;
CREATE EXTENSION pg_trgm;
CREATE EXTENSION btree_gist;
CREATE EXTENSION hstore;

CREATE SCHEMA odd;
CREATE SCHEMA "Other Schema";
CREATE SCHEMA empty_schema;
COMMENT ON SCHEMA odd IS 'it''s odd: \ " % 100$';

---------------------------------------------------------------------------------------- types

CREATE TYPE odd.mood AS ENUM ('sad', 'so so', 'it''s "fine"', 'süß', '');
CREATE TYPE odd.pair AS (name text, amount numeric(12,4), feeling odd.mood);
CREATE TYPE odd.nested AS (id integer, inner_pair odd.pair, several odd.pair[]);
CREATE TYPE odd.float_range AS RANGE (subtype = float8, subtype_diff = float8mi);
CREATE DOMAIN odd.positive AS integer DEFAULT 1 NOT NULL CONSTRAINT above_zero CHECK (VALUE > 0);
CREATE DOMAIN odd."bıgınt" AS bigint;
CREATE DOMAIN odd.moods AS odd.mood[] CHECK (cardinality(VALUE) < 10);
CREATE DOMAIN odd.shout AS odd.positive CHECK (VALUE < 1000000);
CREATE COLLATION odd.plain (provider = libc, locale = 'C');

CREATE TABLE odd.numbers (
    id integer PRIMARY KEY,
    small smallint, big bigint, num numeric, num_10_2 numeric(10,2),
    real_4 real, real_8 double precision, cash money, flag boolean,
    positive odd.positive, big_domain odd."bıgınt", o oid
);
INSERT INTO odd.numbers VALUES
    (1, -32768, -9223372036854775808, 'NaN', -99999999.99, '-Infinity', 'Infinity', -1.5, true,
     1, 7, 4294967295),
    (2, 32767, 9223372036854775807, 123456789012345678901234567890.123456789012345678901234567890,
     0.01, 'NaN', 'NaN', 92233720368547758.07, false, 2147483647, -7, 0),
    (3, 0, 0, 1e-200, 0, 1.17549e-38, 2.2250738585072014e-308, 0, NULL, 2, NULL, 1),
    (4, NULL, NULL, NULL, NULL, 0.1, 0.30000000000000004, NULL, NULL, 1, NULL, NULL),
    (2147483647, 1, 1, 1e300, 1.50, 3.4028235e38, 1.7976931348623157e308, 1, true, 3, 1, 2),
    (-2147483648, 1, 1, 0.00000000000000000000, 1.5, '-0', '-0', 1, true, 3, 1, 2);
\if :v14
INSERT INTO odd.numbers (id, num, positive) VALUES (5, 'Infinity', 1), (6, '-Infinity', 1);
\endif

CREATE TABLE odd.texts (
    id integer PRIMARY KEY,
    t text, v varchar(20), c char(5), c1 "char", n name, ci citext, doc xml, h hstore
);
INSERT INTO odd.texts VALUES
    (1, '', '', '', '', '', '', '<a/>', ''),
    (2, E'\\N', E'\\.', E'\\', '\', 'a', 'MiXeD', '<b>é&amp;</b>', '"a b"=>NULL, c=>"d\"e"'),
    (3, E'tab\tnewline\nreturn\r\nbell\bform\fvert\v', E'\t', E'\n', '"', 'b', '', NULL, NULL),
    (4, E'\u0001\u001f\u007f\u0080\uFFFF\U0010FFFF', 'süß ñ 漢字 😀', 'é', 'x', 'ü', 'É', NULL, 'k=>v'),
    (5, ' trailing and leading ', '  ', 'ab   ', ' ', ' ', '  ', NULL, NULL),
    (6, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    (7, 'null', 'NULL', 'nil', 'N', 'null', 'Null', NULL, 'NULL=>"NULL"'),
    (8, repeat('very long ', 300000), 'x', 'x', 'x', 'x', 'x', NULL, NULL),
    (9, '{"not": "json', E'a,"b''c', ',', ',', '{}', '\x', '<!-- c --><r>1</r>', NULL);

CREATE TABLE odd.bytes (id integer PRIMARY KEY, b bytea, fixed bit(5), varying bit varying);
INSERT INTO odd.bytes VALUES
    (1, '', B'00000', B''), (2, '\x00', B'11111', B'1'), (3, '\x5c4e0a0d09ff00', B'10101', B'0101'),
    (4, NULL, NULL, NULL);
INSERT INTO odd.bytes
    SELECT 5, string_agg(set_byte('\x00'::bytea, 0, i % 256), '' ORDER BY i), B'00001',
           repeat('1', 1000)::bit varying
    FROM generate_series(0, 70000) i;

CREATE TABLE odd.times (
    id integer PRIMARY KEY,
    d date, t time, t3 time(3), tz timetz, ts timestamp, ts0 timestamp(0), tstz timestamptz,
    i interval, i_ym interval year to month, i_s interval second(3)
);
INSERT INTO odd.times VALUES
    (1, 'infinity', '24:00:00', '23:59:59.999', '00:00:00+15:59', 'infinity', '-infinity',
     'infinity', '1 year -2 mons 3 days -04:05:06.789', '-7 months', '59.999'),
    (2, '-infinity', '00:00:00.000001', '0:0', '12:00:00.5-15:59:59', '-infinity', '2024-02-29',
     '-infinity', '178000000 years', '178000000 years', '0'),
    (3, '4713-01-01 BC', '12:00', '12:00', '12:00+00', '4713-01-01 00:00:00 BC',
     '294276-12-31 23:59:59', '4714-11-24 00:00:00+00 BC', '-178000000 years', '0', '-1'),
    (4, '5874897-12-31', NULL, NULL, NULL, '294276-12-31 23:59:59.999999', '1999-12-31 23:59:60',
     '2024-03-31 02:30:00 Europe/Berlin', '0', NULL, NULL),
    (5, NULL, NULL, NULL, NULL, '1970-01-01', NULL, '1883-11-18 12:03:57 America/New_York',
     '1 mon', NULL, NULL);

CREATE TABLE odd.structures (
    id integer PRIMARY KEY,
    j json, jb jsonb, a integer[], a2 text[][], a_bounds integer[], ts timestamptz[],
    e odd.mood, ea odd.mood[], em odd.moods, p odd.pair, pa odd.pair[], n odd.nested,
    ir int4range, nr numrange, tr tstzrange, fr odd.float_range, ira int8range[]
);
INSERT INTO odd.structures VALUES
    (1, '{"a" : 1,   "a":2, "u": "\u00e9 \ud83d\ude00"}', '{"z": [1, null, 1e400], "a": {}}',
     '{1,NULL,3}', '{{a,"b,c"},{"NULL",NULL}}', '[-2:0]={7,8,9}', '{infinity,2024-01-01}',
     'süß', ARRAY['', NULL, 'so so']::odd.mood[], ARRAY['sad']::odd.mood[],
     ROW('a "b", (c)', 1.5, 'sad'), ARRAY[ROW('x', NULL, ''), NULL]::odd.pair[],
     ROW(1, ROW('in', 2, NULL), ARRAY[ROW('d', 3, 'süß')]::odd.pair[]),
     '[1,5)', '(,1.5]', '[2024-01-01,infinity)', '[0.1,0.3]', '{"[1,2)",empty}'),
    (2, '[]', 'null', '{}', '{}', '{}', '{}', '', '{}', '{}', ROW(NULL, NULL, NULL), '{}', NULL,
     'empty', 'empty', '(,)', '[-infinity,infinity]', '{}'),
    (3, '"\u2028"', '"text"', '{{1,2},{3,4}}', '{"","\\","\""}', '[5:5]={1}', NULL, NULL, NULL,
     NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);

CREATE TABLE odd.places (
    id integer PRIMARY KEY,
    ip inet, net cidr, mac macaddr, mac8 macaddr8, u uuid,
    pt point, ln line, seg lseg, bx box, pth path, poly polygon, circ circle,
    vec tsvector, query tsquery, lsn pg_lsn, xid8 xid8, snap txid_snapshot
);
INSERT INTO odd.places VALUES
    (1, '192.168.0.1/24', '10.0.0.0/8', '08:00:2b:01:02:03', '08:00:2b:01:02:03:04:05',
     'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '(1.5,-2)', '{1,2,3}', '[(0,0),(1,1)]',
     '(2,2),(0,0)', '((0,0),(1,1),(2,0))', '((0,0),(1,1),(2,0))', '<(0,0),5>',
     'a:1A fat:2B,4C ''it''''s'':5', 'fat & (rat | !cat:AB*)', '16/B374D848', '42', '10:20:10,14'),
    (2, '::1', 'fe80::/10', NULL, NULL, '00000000-0000-0000-0000-000000000000',
     '(Infinity,NaN)', NULL, NULL, NULL, '[(0,0),(1,1)]', NULL, '<(1,1),0>', '', '', '0/0', '0',
     '1:1:');

-- Values that mean something only by name on another server.
CREATE TABLE odd.by_name (
    id integer PRIMARY KEY, rel regclass, proc regprocedure, typ regtype, nsp regnamespace,
    role regrole, cfg regconfig, types regtype[]
);
INSERT INTO odd.by_name VALUES
    (1, 'odd.numbers', 'pg_catalog.lower(text)', 'odd.mood', 'odd', 'pg_monitor', 'simple',
     '{odd.pair,integer}'),
    (2, 'pg_class', NULL, 'text', NULL, NULL, NULL, '{}');
\if :v14
CREATE TABLE odd.multiranges (id integer PRIMARY KEY, m int4multirange, t tstzmultirange,
                              f odd.float_multirange);
INSERT INTO odd.multiranges VALUES
    (1, '{[1,3),[5,9)}', '{[2024-01-01,infinity)}', '{[0.5,1.5]}'), (2, '{}', '{}', '{}');
\endif

----------------------------------------------------------------------------------- names

CREATE TABLE "Other Schema"."Weird ""Name"". with, everything;-- 漢字" (
    "Id" serial PRIMARY KEY,
    "select" text NOT NULL DEFAULT 'it''s',
    "a b" integer, "A B" integer, "quote""d" integer, "dot.ted" integer, "ünï" integer,
    "%s $1 {} \" integer
);
INSERT INTO "Other Schema"."Weird ""Name"". with, everything;-- 漢字" ("a b", "A B", "%s $1 {} \")
    SELECT i, -i, i * 2 FROM generate_series(1, 50) i;
CREATE INDEX "Index on ""quotes""" ON "Other Schema"."Weird ""Name"". with, everything;-- 漢字"
    ("quote""d", "A B" DESC NULLS LAST);
CREATE TABLE odd."user" ("order" integer PRIMARY KEY, "group" text);
INSERT INTO odd."user" VALUES (1, 'a'), (2, NULL);
CREATE TABLE odd."USER" ("order" integer PRIMARY KEY);
INSERT INTO odd."USER" VALUES (3);
CREATE TABLE odd.a123456789_123456789_123456789_123456789_123456789_123456789_12 (
    b123456789_123456789_123456789_123456789_123456789_123456789_12 integer UNIQUE
);
INSERT INTO odd.a123456789_123456789_123456789_123456789_123456789_123456789_12 VALUES (NULL), (1);
CREATE TABLE public.in_public (id integer GENERATED ALWAYS AS IDENTITY (START 10 INCREMENT 5)
    PRIMARY KEY, note text);
INSERT INTO public.in_public (note) VALUES ('ten'), ('fifteen');

------------------------------------------------------------------------- keys and their chunks

CREATE TABLE odd.no_key (a integer, b text);
INSERT INTO odd.no_key SELECT i % 100, repeat('dup ', 20) FROM generate_series(1, 8000) i;
CREATE TABLE odd.all_equal (a integer);
INSERT INTO odd.all_equal SELECT 1 FROM generate_series(1, 5000);
CREATE TABLE odd.by_serial (id bigserial PRIMARY KEY, payload text NOT NULL);
INSERT INTO odd.by_serial (payload) SELECT md5(i::text) FROM generate_series(1, 20000) i;
DELETE FROM odd.by_serial WHERE id BETWEEN 5000 AND 15000 AND id % 100 <> 0;
INSERT INTO odd.by_serial VALUES (-9223372036854775808, 'lowest'), (9223372036854775807, 'highest');
CREATE TABLE odd.by_uuid (id uuid PRIMARY KEY, payload text);
INSERT INTO odd.by_uuid SELECT md5(i::text)::uuid, repeat(i::text, 5) FROM generate_series(1, 8000) i;
CREATE TABLE odd.by_text (id text PRIMARY KEY, payload text);
INSERT INTO odd.by_text
    SELECT (ARRAY['a','Z','ä','-',' ','_','''','%','漢'])[1 + i % 9] || i, repeat('p', 60)
    FROM generate_series(1, 8000) i;
INSERT INTO odd.by_text VALUES ('', 'empty'), (E'\n', 'newline'), (E'\\', 'backslash');
CREATE TABLE odd.by_text_c (id text COLLATE "C" PRIMARY KEY, payload text);
INSERT INTO odd.by_text_c SELECT id, payload FROM odd.by_text;
CREATE TABLE odd.by_citext (id citext PRIMARY KEY, payload text);
INSERT INTO odd.by_citext SELECT 'Key' || i, repeat('p', 60) FROM generate_series(1, 5000) i;
CREATE TABLE odd.by_bpchar (id char(8) PRIMARY KEY, payload text);
INSERT INTO odd.by_bpchar SELECT i::text, repeat('p', 60) FROM generate_series(1, 5000) i;
CREATE TABLE odd.by_pair (region text, day date, seq smallint, payload text,
    PRIMARY KEY (region, day, seq));
INSERT INTO odd.by_pair
    SELECT r, '2024-01-01'::date + d, s, repeat(r, 20)
    FROM unnest(ARRAY['eu','us','''x''','AP']) r, generate_series(0, 400) d, generate_series(1, 5) s;
CREATE TABLE odd.by_time (at timestamptz PRIMARY KEY, payload text);
INSERT INTO odd.by_time SELECT '2024-01-01'::timestamptz + i * interval '1.000001 s', repeat('t', 50)
    FROM generate_series(1, 6000) i;
INSERT INTO odd.by_time VALUES ('infinity', 'end'), ('-infinity', 'begin');
CREATE TABLE odd.by_numeric (n numeric PRIMARY KEY, payload text);
INSERT INTO odd.by_numeric SELECT i / 7.0, repeat('n', 50) FROM generate_series(1, 6000) i;
INSERT INTO odd.by_numeric VALUES ('NaN', 'not a number');
CREATE TABLE odd.by_float (f double precision PRIMARY KEY, payload text);
INSERT INTO odd.by_float SELECT sqrt(i), repeat('f', 50) FROM generate_series(1, 6000) i;
INSERT INTO odd.by_float VALUES ('NaN', 'nan'), ('Infinity', 'inf'), ('-Infinity', '-inf');
CREATE TABLE odd.by_bytea (b bytea PRIMARY KEY, payload text);
INSERT INTO odd.by_bytea SELECT decode(md5(i::text), 'hex'), repeat('b', 50)
    FROM generate_series(1, 5000) i;
CREATE TABLE odd.by_enum (m odd.mood, i integer, payload text, PRIMARY KEY (m, i));
INSERT INTO odd.by_enum SELECT m, i, repeat('e', 50)
    FROM unnest(enum_range(NULL::odd.mood)) m, generate_series(1, 1500) i;
CREATE TABLE odd.unique_nullable (u integer UNIQUE, payload text);
INSERT INTO odd.unique_nullable SELECT nullif(i % 3000, 0) + 3000 * (i / 3000), repeat('u', 50)
    FROM generate_series(1, 6000) i;
CREATE TABLE odd.unique_not_null (u integer NOT NULL UNIQUE, payload text);
INSERT INTO odd.unique_not_null SELECT i, repeat('u', 50) FROM generate_series(1, 6000) i;
CREATE TABLE odd.unique_expression (t text, payload text);
CREATE UNIQUE INDEX ON odd.unique_expression (lower(t));
CREATE UNIQUE INDEX unique_partial ON odd.unique_expression (t) WHERE payload IS NOT NULL;
INSERT INTO odd.unique_expression SELECT 'T' || i, repeat('x', 50) FROM generate_series(1, 3000) i;
-- The one row holds most bytes; and bytes that sit far from where the heap thinks.
CREATE TABLE odd.fat_row (id integer PRIMARY KEY, blob bytea);
ALTER TABLE odd.fat_row ALTER blob SET STORAGE EXTERNAL;
INSERT INTO odd.fat_row SELECT i, decode(repeat(md5(i::text), CASE i WHEN 7 THEN 500000 ELSE 10 END),
    'hex') FROM generate_series(1, 20) i;
CREATE TABLE odd.empty_table (id integer PRIMARY KEY, t text);
CREATE TABLE odd.no_columns ();
INSERT INTO odd.no_columns DEFAULT VALUES;
INSERT INTO odd.no_columns DEFAULT VALUES;
DO $$ BEGIN EXECUTE 'CREATE TABLE odd.wide (' ||
    (SELECT string_agg(format('c%s %s', i, (ARRAY['int','text','numeric'])[1 + i % 3]), ',')
     FROM generate_series(1, 400) i) || ')'; END $$;
INSERT INTO odd.wide (c1, c2, c400) SELECT i, i, i::text FROM generate_series(1, 300) i;

------------------------------------------------------------ columns that are not plain columns

CREATE TABLE odd.dropped (a integer, gone text, b text, gone_too integer, c integer);
INSERT INTO odd.dropped SELECT i, 'x', 'b' || i, i, -i FROM generate_series(1, 300) i;
ALTER TABLE odd.dropped DROP gone, DROP gone_too, ADD d integer DEFAULT 7;
UPDATE odd.dropped SET d = 8 WHERE a % 2 = 0;
CREATE TABLE odd.generated (
    id integer GENERATED BY DEFAULT AS IDENTITY,
    a integer, twice integer GENERATED ALWAYS AS (a * 2) STORED,
    label text GENERATED ALWAYS AS ('n' || a) STORED, z text DEFAULT upper('z'));
INSERT INTO odd.generated (a) SELECT i FROM generate_series(1, 500) i;
CREATE TABLE odd.only_generated (g integer GENERATED ALWAYS AS (1 + 1) STORED);
INSERT INTO odd.only_generated DEFAULT VALUES;
INSERT INTO odd.only_generated DEFAULT VALUES;
CREATE TABLE odd.identity_always (id bigint GENERATED ALWAYS AS IDENTITY
    (SEQUENCE NAME odd.its_own_name MINVALUE -5 MAXVALUE 1000 START -5 CYCLE) PRIMARY KEY, t text);
INSERT INTO odd.identity_always (t) SELECT 'r' || i FROM generate_series(1, 40) i;
CREATE UNLOGGED TABLE odd.unlogged (id integer PRIMARY KEY, t text)
    WITH (fillfactor = 70, autovacuum_enabled = false);
INSERT INTO odd.unlogged SELECT i, 'u' || i FROM generate_series(1, 3000) i;
ALTER TABLE odd.unlogged ALTER t SET STORAGE EXTERNAL, ALTER t SET STATISTICS 250;
ALTER TABLE odd.unlogged ALTER t SET (n_distinct = -0.5);

------------------------------------------------------------------- partitions and inheritance

CREATE TABLE odd.sales (id integer, at date NOT NULL, region text, amount numeric(10,2) DEFAULT 0,
    PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
CREATE TABLE odd.sales_2023 PARTITION OF odd.sales FOR VALUES FROM (MINVALUE) TO ('2024-01-01');
CREATE TABLE odd.sales_2024 PARTITION OF odd.sales FOR VALUES FROM ('2024-01-01') TO ('2025-01-01')
    PARTITION BY LIST (id);
CREATE TABLE odd.sales_2024_few PARTITION OF odd.sales_2024 FOR VALUES IN (400, 401, 402, 403);
CREATE TABLE odd.sales_2024_rest PARTITION OF odd.sales_2024 DEFAULT;
CREATE TABLE odd.sales_late (region text, extra text, amount numeric(10,2) DEFAULT 5, at date NOT NULL,
    id integer NOT NULL);
ALTER TABLE odd.sales_late DROP extra;
ALTER TABLE odd.sales ATTACH PARTITION odd.sales_late FOR VALUES FROM ('2025-01-01') TO (MAXVALUE);
CREATE TABLE odd.sales_default PARTITION OF odd.sales DEFAULT;
CREATE INDEX sales_region ON odd.sales (region) INCLUDE (amount);
CREATE INDEX sales_local ON odd.sales_2023 (amount) WHERE amount > 10;
INSERT INTO odd.sales SELECT i, '2023-06-01'::date + i % 900, (ARRAY['eu','us',NULL])[1 + i % 3], i / 3.0
    FROM generate_series(1, 9000) i;
CREATE TABLE odd.hashed (id bigint PRIMARY KEY, t text) PARTITION BY HASH (id);
CREATE TABLE odd.hashed_0 PARTITION OF odd.hashed FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE odd.hashed_1 PARTITION OF odd.hashed FOR VALUES WITH (MODULUS 2, REMAINDER 1);
INSERT INTO odd.hashed SELECT i, 'h' || i FROM generate_series(1, 2000) i;
CREATE TABLE odd.listed (region text, amount integer) PARTITION BY LIST (region);
CREATE TABLE odd.listed_eu PARTITION OF odd.listed FOR VALUES IN ('eu', NULL);
CREATE TABLE odd.listed_rest PARTITION OF odd.listed DEFAULT;
INSERT INTO odd.listed VALUES ('eu', 1), (NULL, 2), ('ünï', 3), ('us', NULL);
CREATE TABLE odd.no_partitions (id integer) PARTITION BY RANGE (id);

CREATE TABLE odd.animal (id serial PRIMARY KEY, name text NOT NULL CHECK (name <> ''));
CREATE TABLE odd.bird (wingspan real, CHECK (wingspan > 0)) INHERITS (odd.animal);
CREATE TABLE odd.penguin (id integer NOT NULL, can_swim boolean DEFAULT true) INHERITS (odd.bird);
ALTER TABLE odd.penguin ALTER name SET DEFAULT 'pingu';
ALTER TABLE odd.animal ADD CONSTRAINT only_here CHECK (id < 1000000) NO INHERIT;
INSERT INTO odd.animal (name) VALUES ('cat'), ('dog');
INSERT INTO odd.bird (name, wingspan) VALUES ('crow', 1.1);
INSERT INTO odd.penguin (id, wingspan) VALUES (77, 0.3);
COMMIT;
