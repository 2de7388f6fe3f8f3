-- Constraints, indexes, code and everything else around the tables of oddities_pg.sql.
\set ON_ERROR_STOP on
SET client_min_messages = warning;
SELECT current_setting('server_version_num')::int >= 140000 AS v14,
       current_setting('server_version_num')::int >= 150000 AS v15 \gset

BEGIN;
----------------------------------------------------------------------------------- constraints

CREATE TABLE odd.hen (id integer PRIMARY KEY, egg integer);
CREATE TABLE odd.egg (id integer PRIMARY KEY, hen integer REFERENCES odd.hen ON DELETE SET NULL);
ALTER TABLE odd.hen ADD CONSTRAINT "hen's egg" FOREIGN KEY (egg) REFERENCES odd.egg
    ON UPDATE CASCADE DEFERRABLE INITIALLY DEFERRED;
INSERT INTO odd.hen SELECT i, i FROM generate_series(1, 1000) i;
INSERT INTO odd.egg SELECT i, 1001 - i FROM generate_series(1, 1000) i;
CREATE TABLE odd.employee (id integer PRIMARY KEY, boss integer REFERENCES odd.employee,
    region text, day date, seq smallint,
    FOREIGN KEY (region, day, seq) REFERENCES odd.by_pair MATCH FULL ON DELETE RESTRICT);
INSERT INTO odd.employee SELECT i, nullif(i / 2, 0), 'eu', '2024-01-01', 1 + i % 5
    FROM generate_series(1, 1000) i;
CREATE TABLE odd.late_check (id integer, v integer);
INSERT INTO odd.late_check VALUES (1, -1), (2, 999999999);
ALTER TABLE odd.late_check ADD CONSTRAINT positive_from_now CHECK (v > 0) NOT VALID;
ALTER TABLE odd.late_check ADD CONSTRAINT exists_from_now FOREIGN KEY (v) REFERENCES odd.hen NOT VALID;
CREATE TABLE odd.booking (room integer, during tstzrange, cancelled boolean DEFAULT false,
    CONSTRAINT no_overlap EXCLUDE USING gist (room WITH =, during WITH &&) WHERE (NOT cancelled)
    DEFERRABLE);
INSERT INTO odd.booking SELECT i % 10, tstzrange(t, t + interval '1 hour') FROM
    (SELECT i, '2024-01-01'::timestamptz + (i / 10) * interval '1 hour' FROM
     generate_series(0, 999) i) x(i, t);
CREATE TABLE odd.to_partitioned (id integer, at date,
    FOREIGN KEY (id, at) REFERENCES odd.sales (id, at));
INSERT INTO odd.to_partitioned SELECT id, at FROM odd.sales WHERE id % 10 = 0;
\if :v15
CREATE TABLE odd.nulls_equal (a integer, UNIQUE NULLS NOT DISTINCT (a));
INSERT INTO odd.nulls_equal VALUES (1), (NULL);
\endif
ALTER TABLE odd.by_uuid ADD CONSTRAINT deferrable_unique UNIQUE (payload, id) DEFERRABLE;
ALTER TABLE odd.by_serial REPLICA IDENTITY FULL;
ALTER TABLE odd.by_pair CLUSTER ON by_pair_pkey;

-------------------------------------------------------------------------------------- indexes

CREATE INDEX ix_hash ON odd.by_serial USING hash (payload);
CREATE INDEX ix_brin ON odd.by_time USING brin (at) WITH (pages_per_range = 4);
CREATE INDEX ix_gin ON odd.structures USING gin (jb jsonb_path_ops);
CREATE INDEX ix_gin_trgm ON odd.by_text USING gin (payload gin_trgm_ops);
CREATE INDEX ix_gist ON odd.places USING gist (circ);
CREATE INDEX ix_spgist ON odd.places USING spgist (ip);
CREATE INDEX ix_vec ON odd.places USING gin (vec);
CREATE INDEX ix_expression ON odd.by_text ((upper(id) || '%s'), length(payload) DESC);
CREATE INDEX ix_collation ON odd.by_text (id COLLATE odd.plain text_pattern_ops);
CREATE UNIQUE INDEX ix_include ON odd.by_uuid (id) INCLUDE (payload) WITH (fillfactor = 60);
CREATE INDEX ix_partial ON odd.generated (a) WHERE twice > 100 AND label LIKE 'n1%';
ALTER INDEX odd.ix_expression ALTER COLUMN 1 SET STATISTICS 500;
COMMENT ON INDEX odd.ix_hash IS 'hash';
CREATE STATISTICS odd.stats_mcv (ndistinct, dependencies, mcv) ON region, day FROM odd.by_pair;
ALTER STATISTICS odd.stats_mcv SET STATISTICS 300;

------------------------------------------------------------------------------------- sequences

CREATE SEQUENCE odd.never_called;
CREATE SEQUENCE odd.called; SELECT nextval('odd.called'), nextval('odd.called') \g /dev/null
CREATE SEQUENCE odd.backwards AS smallint INCREMENT -3 MAXVALUE 10 MINVALUE -100 START 10 CACHE 5;
SELECT nextval('odd.backwards') \g /dev/null
CREATE SEQUENCE odd.at_its_end MAXVALUE 3 CYCLE; SELECT setval('odd.at_its_end', 3) \g /dev/null
CREATE SEQUENCE odd.set_not_called; SELECT setval('odd.set_not_called', 55, false) \g /dev/null
CREATE SEQUENCE odd.owned_later OWNED BY odd.by_uuid.payload;
CREATE TABLE odd.shared_sequence (id bigint DEFAULT nextval('odd.called'), t text);
INSERT INTO odd.shared_sequence (t) VALUES ('three'), ('four');

------------------------------------------------------------------------------------------ code

CREATE FUNCTION odd.plus_tax(amount numeric, rate numeric DEFAULT 0.19) RETURNS numeric
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT round(amount * (1 + rate), 2) $$;
CREATE FUNCTION odd.is_even(integer) RETURNS boolean LANGUAGE plpgsql IMMUTABLE STRICT AS
    $body$ BEGIN RETURN $1 % 2 = 0; /* $$ ' " */ END $body$;
CREATE FUNCTION odd.rows_of(t text, OUT a integer, OUT b text) RETURNS SETOF record
    LANGUAGE sql STABLE ROWS 10 COST 5 SET search_path = pg_catalog, odd
    AS 'SELECT a, b FROM odd.no_key WHERE b = t';
CREATE PROCEDURE odd.nothing(INOUT x integer) LANGUAGE plpgsql SECURITY DEFINER AS
    $$ BEGIN x := x + 1; END $$;
\if :v14
CREATE FUNCTION odd.standard_body(i integer) RETURNS integer LANGUAGE sql
    BEGIN ATOMIC SELECT max(boss) FROM odd.employee WHERE id > i; END;
\endif
CREATE AGGREGATE odd.product(numeric) (SFUNC = numeric_mul, STYPE = numeric, INITCOND = '1');
CREATE FUNCTION odd.pair_less(odd.pair, odd.pair) RETURNS boolean LANGUAGE sql IMMUTABLE AS
    $$ SELECT ($1).amount < ($2).amount $$;
CREATE OPERATOR odd.<<< (LEFTARG = odd.pair, RIGHTARG = odd.pair, FUNCTION = odd.pair_less);
CREATE FUNCTION odd.mood_to_int(odd.mood) RETURNS integer LANGUAGE sql IMMUTABLE AS
    $$ SELECT array_position(enum_range(NULL::odd.mood), $1) $$;
CREATE CAST (odd.mood AS integer) WITH FUNCTION odd.mood_to_int(odd.mood) AS ASSIGNMENT;
ALTER TABLE odd.late_check ADD CHECK (odd.is_even(id) OR id < 10) NOT VALID;
CREATE TABLE odd.default_by_function (a numeric DEFAULT odd.plus_tax(100), b integer CHECK (odd.is_even(b)));
INSERT INTO odd.default_by_function (b) VALUES (2), (4);

-- Triggers that would spoil the copy if they fired during it.
CREATE TABLE odd.touched (id integer PRIMARY KEY, changed timestamptz, n integer DEFAULT 0);
INSERT INTO odd.touched SELECT i, '2001-01-01'::timestamptz + i * interval '1 day'
    FROM generate_series(1, 500) i;
CREATE TABLE odd.audit (what text);
CREATE FUNCTION odd.touch() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN NEW.changed := now(); NEW.n := NEW.n + 1; INSERT INTO odd.audit VALUES (TG_OP); RETURN NEW; END $$;
CREATE FUNCTION odd.refuse() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'no rows wanted here'; END $$;
CREATE TRIGGER touch BEFORE INSERT OR UPDATE OF n ON odd.touched FOR EACH ROW EXECUTE FUNCTION odd.touch();
CREATE TRIGGER "always on" BEFORE INSERT ON odd.touched FOR EACH ROW WHEN (NEW.id > 0)
    EXECUTE FUNCTION odd.touch();
ALTER TABLE odd.touched ENABLE ALWAYS TRIGGER "always on";
CREATE TRIGGER refuse_all BEFORE TRUNCATE ON odd.touched EXECUTE FUNCTION odd.refuse();
CREATE TRIGGER off AFTER DELETE ON odd.touched REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT
    EXECUTE FUNCTION odd.refuse();
ALTER TABLE odd.touched DISABLE TRIGGER off;
CREATE CONSTRAINT TRIGGER checked_late AFTER INSERT ON odd.hen DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.id < 0) EXECUTE FUNCTION odd.refuse();
CREATE RULE no_deletes AS ON DELETE TO odd.touched DO INSTEAD NOTHING;
CREATE RULE rewrite_inserts AS ON INSERT TO odd.shared_sequence
    DO ALSO INSERT INTO odd.audit VALUES ('rule');
CREATE FUNCTION odd.on_ddl() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN NULL; END $$;
CREATE EVENT TRIGGER odd_watch ON ddl_command_end WHEN TAG IN ('CREATE SERVER')
    EXECUTE FUNCTION odd.on_ddl();

---------------------------------------------------------------------------------------- views

CREATE VIEW odd.v1 AS SELECT id, upper(payload) AS loud FROM odd.by_serial;
CREATE VIEW odd.v2 WITH (security_barrier) AS SELECT v1.*, tax
    FROM odd.v1, odd.plus_tax(1) AS tax WHERE v1.id > 0;
CREATE VIEW odd.with_check AS SELECT * FROM odd.late_check WHERE v > 0 WITH LOCAL CHECK OPTION;
ALTER VIEW odd.v1 ALTER loud SET DEFAULT 'L';
CREATE RULE v1_insert AS ON INSERT TO odd.v1 DO INSTEAD
    INSERT INTO odd.by_serial (payload) VALUES (NEW.loud);
CREATE RECURSIVE VIEW odd.chain (id, depth) AS
    SELECT id, 1 FROM odd.employee WHERE boss IS NULL
    UNION ALL SELECT e.id, c.depth + 1 FROM odd.employee e JOIN chain c ON e.boss = c.id;
CREATE MATERIALIZED VIEW odd.m1 AS SELECT region, count(*) AS n, sum(amount) AS total
    FROM odd.sales GROUP BY region;
CREATE UNIQUE INDEX m1_region ON odd.m1 (region);
CREATE MATERIALIZED VIEW odd.m2 AS SELECT * FROM odd.m1 WHERE n > 1;
CREATE MATERIALIZED VIEW odd.not_filled AS SELECT 1 AS one WITH NO DATA;
-- A view whose primary key lets it group: depends on the key, so it comes after it.
CREATE VIEW odd.needs_the_key AS SELECT h.id, h.egg, count(e.*) FROM odd.hen h
    LEFT JOIN odd.egg e ON e.hen = h.id GROUP BY h.id;

------------------------------------------------------------------- everything else that dumps

CREATE TEXT SEARCH DICTIONARY odd.simple_dict (TEMPLATE = pg_catalog.simple, STOPWORDS = english);
CREATE TEXT SEARCH CONFIGURATION odd.config (COPY = simple);
ALTER TEXT SEARCH CONFIGURATION odd.config ALTER MAPPING FOR word WITH odd.simple_dict;
ALTER TABLE odd.numbers ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY none_but_even ON odd.numbers AS RESTRICTIVE FOR SELECT TO PUBLIC USING (id % 2 = 0);
CREATE POLICY writers ON odd.numbers FOR INSERT WITH CHECK (odd.is_even(id));
GRANT SELECT (id, t), UPDATE (t) ON odd.texts TO PUBLIC;
GRANT USAGE ON SCHEMA odd TO PUBLIC;
GRANT ALL ON odd.bytes TO pg_monitor WITH GRANT OPTION;
REVOKE EXECUTE ON FUNCTION odd.is_even(integer) FROM PUBLIC;
ALTER DEFAULT PRIVILEGES IN SCHEMA odd GRANT SELECT ON TABLES TO pg_monitor;
CREATE PUBLICATION odd_pub FOR TABLE odd.by_serial, odd.by_uuid WITH (publish = 'insert, update');
CREATE FOREIGN DATA WRAPPER odd_wrapper;
CREATE SERVER odd_server FOREIGN DATA WRAPPER odd_wrapper OPTIONS (host 'nowhere');
CREATE FOREIGN TABLE odd.far_away (id integer) SERVER odd_server OPTIONS (table 'x');
COMMENT ON TABLE odd.numbers IS E'two\nlines and a quote '' and $$ and \\';
COMMENT ON COLUMN odd.numbers.big IS 'größer';
COMMENT ON FUNCTION odd.is_even(integer) IS 'even';
COMMENT ON CONSTRAINT "hen's egg" ON odd.hen IS 'which was first';
COMMENT ON TRIGGER touch ON odd.touched IS 'touches';
COMMENT ON TYPE odd.mood IS 'moods';
COMMENT ON DOMAIN odd.positive IS '> 0';
COMMENT ON VIEW odd.v1 IS 'loud';
COMMENT ON EXTENSION citext IS 'our own words about citext';
COMMENT ON POLICY writers ON odd.numbers IS 'who writes';
SELECT lo_from_bytea(4711, '\xdeadbeef00') \g /dev/null
SELECT lo_from_bytea(4712, decode(repeat('00ff5c27', 200000), 'hex')) \g /dev/null
GRANT SELECT ON LARGE OBJECT 4711 TO PUBLIC;
COMMENT ON LARGE OBJECT 4711 IS 'a large object';
CREATE TABLE odd.points_to_large_objects (id integer PRIMARY KEY, lo oid);
INSERT INTO odd.points_to_large_objects VALUES (1, 4711), (2, 4712);
COMMIT;
ANALYZE;
