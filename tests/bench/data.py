"""The data that is copied: a shop whose events are most of the bytes, and many small tables."""
import sqlite3

# Bytes of all tables without indexes.
SIZE_OF_ROWS = """SELECT sum(pg_table_size(oid)) FROM pg_class
WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"""

POSTGRES = """
CREATE TABLE customer (id bigint PRIMARY KEY, email text NOT NULL UNIQUE, name text NOT NULL,
    born date, balance numeric(12,2), active boolean NOT NULL);
CREATE TABLE product (sku text PRIMARY KEY, title text NOT NULL, price numeric(10,2) NOT NULL);
CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint NOT NULL, placed timestamptz NOT NULL,
    note text);
CREATE TABLE order_line (order_id bigint NOT NULL, line int NOT NULL, sku text NOT NULL,
    quantity int NOT NULL, price double precision, PRIMARY KEY (order_id, line));
CREATE TABLE event (id bigint PRIMARY KEY, at timestamptz NOT NULL, customer_id bigint,
    kind smallint NOT NULL, payload text NOT NULL, amount numeric(14,4), flags int, ref uuid);
INSERT INTO customer SELECT i, 'c' || i || '@example.org', 'Name of ' || i,
    '1950-01-01'::date + (i % 20000)::int, i * 1.01, i % 3 > 0 FROM generate_series(1, {customers}) i;
INSERT INTO product SELECT 'sku-' || i, 'Title of product ' || i, i / 7.0
    FROM generate_series(1, 10000) i;
INSERT INTO orders SELECT i, 1 + (i::bigint * 7919) % {customers}, '2020-01-01'::timestamptz + i * interval '37 s',
    CASE WHEN i % 4 = 0 THEN md5(i::text) END FROM generate_series(1, {orders}) i;
INSERT INTO order_line SELECT 1 + i / 3, i % 3, 'sku-' || 1 + (i::bigint * 31) % 10000, 1 + i % 9, i / 3.0
    FROM generate_series(0, {orders} * 3 - 1) i;
INSERT INTO event SELECT i, '2020-01-01'::timestamptz + i * interval '1.7 s', 1 + (i::bigint * 104729) % {customers},
    i % 17, repeat(md5(i::text), 1 + (i % 7)::int), i / 3.0, CASE WHEN i % 5 > 0 THEN i % 1000 END,
    md5(i::text)::uuid FROM generate_series(1, {events}) i;
CREATE INDEX orders_customer ON orders (customer_id);
CREATE INDEX orders_placed ON orders (placed);
CREATE INDEX line_sku ON order_line (sku);
CREATE INDEX event_at ON event (at);
CREATE INDEX event_customer ON event (customer_id, kind);
ALTER TABLE orders ADD FOREIGN KEY (customer_id) REFERENCES customer;
ALTER TABLE order_line ADD FOREIGN KEY (order_id) REFERENCES orders;
ALTER TABLE order_line ADD FOREIGN KEY (sku) REFERENCES product;
ALTER TABLE event ADD FOREIGN KEY (customer_id) REFERENCES customer;
VACUUM (ANALYZE, FREEZE);
"""

SQLITE = """
CREATE TABLE customer (id INTEGER PRIMARY KEY, email TEXT NOT NULL UNIQUE, name TEXT NOT NULL,
    born DATE, balance DECIMAL(12,2), active BOOLEAN NOT NULL);
CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL REFERENCES customer (id),
    placed TIMESTAMP NOT NULL, note TEXT);
CREATE TABLE order_line (order_id INTEGER NOT NULL REFERENCES orders (id), line INTEGER NOT NULL,
    sku TEXT NOT NULL, quantity INTEGER NOT NULL, price REAL, PRIMARY KEY (order_id, line));
CREATE TABLE event (id INTEGER PRIMARY KEY, at TIMESTAMP NOT NULL, customer_id INTEGER, kind INTEGER,
    payload TEXT NOT NULL, amount REAL, flags INTEGER, ref BLOB);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {customers})
INSERT INTO customer SELECT i, 'c' || i || '@example.org', 'Name of ' || i,
    date('1950-01-01', (i % 20000) || ' days'), i * 1.25, i % 3 > 0 FROM n;
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {orders})
INSERT INTO orders SELECT i, 1 + (i * 7919) % {customers}, datetime('2020-01-01', (i * 37) || ' seconds'),
    CASE WHEN i % 4 = 0 THEN 'note ' || i END FROM n;
WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < {orders} * 3 - 1)
INSERT INTO order_line SELECT 1 + i / 3, i % 3, 'sku-' || (1 + (i * 31) % 10000), 1 + i % 9, i / 3.0 FROM n;
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {events})
INSERT INTO event SELECT i, datetime('2020-01-01', (i * 2) || ' seconds'), 1 + (i * 104729) % {customers},
    i % 17, printf('%032x%0*d', i * 7919, 1 + (i % 7) * 32, i), i / 3.0,
    CASE WHEN i % 5 > 0 THEN i % 1000 END, CAST(printf('%016x', i) AS BLOB) FROM n;
CREATE INDEX orders_customer ON orders (customer_id);
CREATE INDEX line_sku ON order_line (sku);
CREATE INDEX event_at ON event (at);
CREATE INDEX event_customer ON event (customer_id, kind);
ANALYZE;
"""


def _counts(megabytes):
    """Events of about 220 bytes are four fifths of it."""
    return {
        "events": max(megabytes * 1_000_000 * 8 // 10 // 220, 1000),
        "orders": max(megabytes * 1_000_000 * 2 // 10 // 280, 300),
        "customers": max(megabytes * 100, 100),
    }


def make_postgres(server, database, megabytes):
    server.run(database, POSTGRES.format(**_counts(megabytes)))


def make_sqlite(file, megabytes):
    connection = sqlite3.connect(file)
    connection.executescript("PRAGMA synchronous = OFF; BEGIN;" +
                             SQLITE.format(**_counts(megabytes)) + "COMMIT;")
    connection.close()
    file.chmod(0o644)


def count_sqlite(file):
    connection = sqlite3.connect(file)
    tables = ["customer", "orders", "order_line", "event"]
    return {t: connection.execute(f"SELECT count(*) FROM {t}").fetchone()[0] for t in tables}


def make_many(server, database, tables):
    """In steps, because every table of a transaction holds locks."""
    for first in range(1, tables + 1, 500):
        last = min(first + 499, tables)
        server.run(database, f"""DO $$ BEGIN FOR i IN {first}..{last} LOOP
            EXECUTE format('CREATE TABLE small_%s (id int PRIMARY KEY, t text, n int)', i);
            EXECUTE format('INSERT INTO small_%s SELECT g, md5(g::text), g FROM generate_series(1, 50) g', i);
            EXECUTE format('CREATE INDEX ON small_%s (n)', i);
            END LOOP; END $$""")
    server.run(database, "ANALYZE")
