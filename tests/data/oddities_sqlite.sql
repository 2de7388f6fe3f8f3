-- Everything a SQLite file may hold. Loads with any SQLite from 3.37 (STRICT).
PRAGMA foreign_keys = OFF;
PRAGMA user_version = 42;
PRAGMA application_id = 1415005044;
BEGIN;

-- Values that do not have their column's type.
CREATE TABLE loose (id INTEGER PRIMARY KEY, i INTEGER, r REAL, t TEXT, b BLOB, n NUMERIC, any_type);
INSERT INTO loose VALUES
    (1, 1, 1.5, 'text', x'00ff', 10, NULL),
    (2, 'not a number', 'neither', 5, 'text as blob', 'abc', 1),
    (3, x'01', x'02', x'03', 4, x'05', x'06'),
    (4, 9223372036854775807, 1e308, '', x'', 1e30, 1.5),
    (5, -9223372036854775808, -9e999, 'null', NULL, '12', 'any'),
    (-9223372036854775808, 0, 9e999, 'lowest rowid', NULL, -0.0, NULL),
    (9223372036854775807, 1.5, 3, 'highest rowid', NULL, 9007199254740993, NULL);
CREATE TABLE texts (id INTEGER PRIMARY KEY, t TEXT, v VARCHAR(3), c CHAR(2), n NVARCHAR(160));
INSERT INTO texts VALUES
    (1, '', '', '', ''), (2, char(9, 10, 13, 92, 39, 34), '\N', '\.', '\t'),
    (3, 'süß ñ 漢字 😀', 'longer than three', 'öö', ' x '), (4, NULL, NULL, NULL, NULL),
    (5, 'a' || char(0) || 'b', 'nul', 'in', 'text'),
    (6, printf('%.*c', 300000, 'x'), 'fat', NULL, NULL);
CREATE TABLE numbers (id INTEGER PRIMARY KEY, d DECIMAL(10, 2), big BIGINT, u UNSIGNED BIG INT,
    f FLOAT, dp DOUBLE PRECISION, m MONEY, bo BOOLEAN, tiny TINYINT, y INT2);
INSERT INTO numbers VALUES
    (1, 12.34, 9007199254740993, 18446744073709551615, 0.1, 1e-320, 3.99, 1, 255, 65536),
    (2, 0.1, -1, 0, -0.0, 2.2250738585072014e-308, NULL, 0, -128, NULL),
    (3, '12.340', 0, 1, 3, 1.7976931348623157e308, 1, 'true', 0, 1);
CREATE TABLE times (id INTEGER PRIMARY KEY, d DATE, dt DATETIME, ts TIMESTAMP, t TIME);
INSERT INTO times VALUES
    (1, '2024-02-29', '2024-02-29 12:34:56.789', '2024-02-29T12:34:56Z', '23:59:59'),
    (2, '0000-00-00', '', 'now', 'noon'), (3, 2460000.5, 1700000000, 1700000000.5, 0.5),
    (4, NULL, NULL, NULL, NULL), (5, '9999-12-31', '0001-01-01', '1999-12-31 23:59:60', '24:00');

-- Kinds of tables.
CREATE TABLE without_rowid (a TEXT COLLATE NOCASE, b INTEGER, v, PRIMARY KEY (a, b)) WITHOUT ROWID;
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)
INSERT INTO without_rowid SELECT char(65 + i % 26) || i, i, hex(i) FROM n;
CREATE TABLE strict_one (id INTEGER PRIMARY KEY, i INT, r REAL, t TEXT, b BLOB, a ANY) STRICT;
INSERT INTO strict_one VALUES (1, 1, 1, 'one', x'01', '1'), (2, NULL, NULL, NULL, NULL, 1);
CREATE TABLE strict_both (id TEXT PRIMARY KEY, v ANY) STRICT, WITHOUT ROWID;
INSERT INTO strict_both VALUES ('a', 1), ('b', x'00'), ('', NULL);
CREATE TABLE numbered (id INTEGER PRIMARY KEY AUTOINCREMENT, t TEXT NOT NULL DEFAULT 'it''s');
INSERT INTO numbered (t) VALUES ('a'), ('b'), ('c');
DELETE FROM numbered WHERE id = 3;
CREATE TABLE no_key (a INTEGER, b TEXT);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 9000)
INSERT INTO no_key SELECT i % 50, 'the same words again and again' FROM n;
DELETE FROM no_key WHERE rowid BETWEEN 2000 AND 6000;
INSERT INTO no_key (rowid, a, b) VALUES (4000000000, -1, 'far away');
CREATE TABLE key_not_unique_null (k TEXT PRIMARY KEY, v);
INSERT INTO key_not_unique_null VALUES (NULL, 1), (NULL, 2), ('a', 3);
CREATE TABLE rowid_names (rowid TEXT, oid TEXT, _rowid_ TEXT);
INSERT INTO rowid_names VALUES ('a', 'b', 'c'), ('d', 'e', 'f');
CREATE TABLE generated (a INTEGER, stored INTEGER AS (a * 2) STORED, virtual TEXT AS ('v' || a) VIRTUAL,
    z INTEGER GENERATED ALWAYS AS (stored + 1), CHECK (stored >= a OR a < 0));
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500)
INSERT INTO generated (a) SELECT i FROM n;
CREATE TABLE defaults (id INTEGER PRIMARY KEY, a TEXT DEFAULT CURRENT_TIMESTAMP, b DEFAULT (1 + 2),
    c TEXT DEFAULT "double quoted", d BLOB DEFAULT x'00ff', e REAL DEFAULT -1e3, f DEFAULT NULL,
    g INTEGER DEFAULT (abs(random())), h BOOLEAN DEFAULT TRUE);
INSERT INTO defaults (id, g) VALUES (1, 5);
CREATE TABLE empty_table (id INTEGER PRIMARY KEY);
CREATE TABLE copied AS SELECT id, t, length(t) AS "length(t)" FROM texts WHERE id < 3;

-- Names.
CREATE TABLE "Weird ""Name"". with, everything;-- 漢字" ("a b" INTEGER, [A.B] TEXT, `quote``d` TEXT,
    "select" TEXT, "ünï" TEXT, '%s' TEXT, "x""y" INTEGER PRIMARY KEY);
INSERT INTO "Weird ""Name"". with, everything;-- 漢字" VALUES (1, 'b', 'c', 'd', 'e', 'f', 7);
CREATE TABLE "order" ("group" INTEGER, "Group2" TEXT);
INSERT INTO "order" VALUES (1, 'x');
CREATE TABLE "Order Details" ("OrderID" INTEGER, "ProductID" INTEGER, "Unit Price" NUMERIC DEFAULT 0,
    PRIMARY KEY ("OrderID", "ProductID"), CHECK ("Unit Price" >= (0)));
INSERT INTO "Order Details" VALUES (1, 1, 1.25), (1, 2, 0);

-- Keys.
CREATE TABLE parent (id INTEGER PRIMARY KEY, code TEXT UNIQUE ON CONFLICT REPLACE,
    up INTEGER REFERENCES parent DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE child (id INTEGER PRIMARY KEY, parent_id INT NOT NULL,
    code TEXT COLLATE NOCASE CONSTRAINT "by code" REFERENCES parent (code) ON UPDATE CASCADE,
    CONSTRAINT fk FOREIGN KEY (parent_id) REFERENCES parent ON DELETE SET NULL MATCH SIMPLE);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)
INSERT INTO parent SELECT i, 'code ' || i, 1001 - i FROM n;
INSERT INTO child SELECT id, id, code FROM parent;
CREATE TABLE orphan (id INTEGER PRIMARY KEY, missing INTEGER REFERENCES nowhere (id));
INSERT INTO orphan VALUES (1, NULL);

-- Indexes, views, triggers.
CREATE INDEX ix_plain ON child (parent_id, code DESC);
CREATE INDEX "ix with blanks" ON child (code COLLATE BINARY);
CREATE UNIQUE INDEX ix_partial ON child (parent_id) WHERE code IS NOT NULL;
CREATE INDEX ix_expression ON texts (lower(t), length(v));
CREATE VIEW v1 AS SELECT p.id, c.code FROM parent p JOIN child c ON c.parent_id = p.id;
CREATE VIEW "v 2" (x, "y z") AS SELECT id, code FROM v1 WHERE id % 2 = 0;
CREATE TRIGGER touch AFTER INSERT ON parent BEGIN
    UPDATE parent SET code = code || '!' WHERE id = NEW.id; SELECT 'it''s; END'; END;
CREATE TRIGGER "refuse all" BEFORE INSERT ON child WHEN NEW.id > 0 BEGIN
    SELECT RAISE(ABORT, 'no rows wanted here'); END;
CREATE TRIGGER through_view INSTEAD OF INSERT ON v1 BEGIN INSERT INTO parent (id) VALUES (NEW.id); END;

-- Enough rows to be cut.
CREATE TABLE big (id INTEGER PRIMARY KEY, payload TEXT, amount REAL);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 30000)
INSERT INTO big SELECT i * 3, 'payload number ' || i || ' with some more words in it', i / 7.0 FROM n;
INSERT INTO big VALUES (-5, 'below', NULL), (9000000000000, 'far above', 0);
COMMIT;
ANALYZE;
