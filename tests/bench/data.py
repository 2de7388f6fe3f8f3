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


MYSQL_TABLES = ["event", "order_line", "orders", "customer", "product"]

MYSQL = """
CREATE TABLE customer (id bigint PRIMARY KEY, email varchar(200) NOT NULL, name varchar(200) NOT NULL,
    born date, balance decimal(12,2), active smallint NOT NULL, UNIQUE KEY customer_email (email));
CREATE TABLE product (sku varchar(64) PRIMARY KEY, title varchar(200) NOT NULL,
    price decimal(10,2) NOT NULL);
CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint NOT NULL, placed datetime NOT NULL,
    note text, KEY orders_customer (customer_id), KEY orders_placed (placed),
    CONSTRAINT orders_of FOREIGN KEY (customer_id) REFERENCES customer (id));
CREATE TABLE order_line (order_id bigint NOT NULL, line int NOT NULL, sku varchar(64) NOT NULL,
    quantity int NOT NULL, price double, PRIMARY KEY (order_id, line), KEY line_sku (sku),
    CONSTRAINT line_of FOREIGN KEY (order_id) REFERENCES orders (id),
    CONSTRAINT line_product FOREIGN KEY (sku) REFERENCES product (sku));
CREATE TABLE event (id bigint PRIMARY KEY, at datetime(6) NOT NULL, customer_id bigint,
    kind smallint NOT NULL, payload text NOT NULL, amount decimal(14,4), flags int, ref varbinary(16),
    KEY event_at (at), KEY event_customer (customer_id, kind),
    CONSTRAINT event_of FOREIGN KEY (customer_id) REFERENCES customer (id));
SET unique_checks = 0, foreign_key_checks = 0;
INSERT INTO customer SELECT seq, concat('c', seq, '@example.org'), concat('Name of ', seq),
    '1950-01-01' + INTERVAL (seq % 20000) DAY, seq * 1.01, seq % 3 > 0 FROM seq_1_to_{customers};
INSERT INTO product SELECT concat('sku-', seq), concat('Title of product ', seq), seq / 7
    FROM seq_1_to_10000;
INSERT INTO orders SELECT seq, 1 + (seq * 7919) % {customers}, '2020-01-01' + INTERVAL (seq * 37) SECOND,
    CASE WHEN seq % 4 = 0 THEN md5(seq) END FROM seq_1_to_{orders};
INSERT INTO order_line SELECT 1 + seq DIV 3, seq % 3, concat('sku-', 1 + (seq * 31) % 10000), 1 + seq % 9,
    seq / 3e0 FROM seq_0_to_{last_line};
INSERT INTO event SELECT seq, '2020-01-01' + INTERVAL (seq * 1.7) SECOND, 1 + (seq * 104729) % {customers},
    seq % 17, repeat(md5(seq), 1 + seq % 7), seq / 3, CASE WHEN seq % 5 > 0 THEN seq % 1000 END,
    unhex(md5(seq)) FROM seq_1_to_{events};
ANALYZE TABLE customer, product, orders, order_line, event;
"""

# What both pgloader and tidegate can load into; the schema is named after MySQL's database.
MYSQL_ON_POSTGRES = """
CREATE SCHEMA source;
CREATE TABLE source.customer (id bigint, email text NOT NULL, name text NOT NULL, born date,
    balance numeric(12,2), active smallint NOT NULL);
CREATE TABLE source.product (sku text, title text NOT NULL, price numeric(10,2) NOT NULL);
CREATE TABLE source.orders (id bigint, customer_id bigint NOT NULL, placed timestamp NOT NULL, note text);
CREATE TABLE source.order_line (order_id bigint NOT NULL, line integer NOT NULL, sku text NOT NULL,
    quantity integer NOT NULL, price double precision);
CREATE TABLE source.event (id bigint, at timestamp NOT NULL, customer_id bigint, kind smallint NOT NULL,
    payload text NOT NULL, amount numeric(14,4), flags integer, ref bytea);
"""

SQLITE_ON_POSTGRES = """
CREATE TABLE customer (id bigint, email text NOT NULL, name text NOT NULL, born date,
    balance numeric(12,2), active boolean NOT NULL);
CREATE TABLE orders (id bigint, customer_id bigint NOT NULL, placed timestamp NOT NULL, note text);
CREATE TABLE order_line (order_id bigint NOT NULL, line bigint NOT NULL, sku text NOT NULL,
    quantity bigint NOT NULL, price double precision);
CREATE TABLE event (id bigint, at timestamp NOT NULL, customer_id bigint, kind bigint,
    payload text NOT NULL, amount double precision, flags bigint, ref bytea);
"""

# The same indexes and keys as the source's, for what loads rows alone.
INDEXES_ON_POSTGRES = """
ALTER TABLE {s}customer ADD PRIMARY KEY (id);
ALTER TABLE {s}customer ADD UNIQUE (email);
ALTER TABLE {s}product ADD PRIMARY KEY (sku);
ALTER TABLE {s}orders ADD PRIMARY KEY (id);
ALTER TABLE {s}order_line ADD PRIMARY KEY (order_id, line);
ALTER TABLE {s}event ADD PRIMARY KEY (id);
CREATE INDEX ON {s}orders (customer_id);
CREATE INDEX ON {s}orders (placed);
CREATE INDEX ON {s}order_line (sku);
CREATE INDEX ON {s}event (at);
CREATE INDEX ON {s}event (customer_id, kind);
ALTER TABLE {s}orders ADD FOREIGN KEY (customer_id) REFERENCES {s}customer;
ALTER TABLE {s}order_line ADD FOREIGN KEY (order_id) REFERENCES {s}orders;
ALTER TABLE {s}order_line ADD FOREIGN KEY (sku) REFERENCES {s}product;
ALTER TABLE {s}event ADD FOREIGN KEY (customer_id) REFERENCES {s}customer;
ANALYZE;
"""

# Columns whose text form needs a word, by engine: moments with six digits, floats to six places,
# bytes in hex. All others print alike.
SPELLED = {
    "placed": ("date_format(placed, '%Y-%m-%d %H:%i:%s')",
               "to_char(placed::timestamp, 'YYYY-MM-DD HH24:MI:SS')"),
    "at": ("date_format(at, '%Y-%m-%d %H:%i:%s.%f')",
           "to_char(at::timestamp, 'YYYY-MM-DD HH24:MI:SS.US')"),
    "ref": ("lower(hex(ref))", "encode(ref, 'hex')"),
    "active": ("active", "active::int"),
}
# i / 3.0 in the line's price: whole after times three, whatever the float printed.
FLOATS = {("order_line", "price"): ("cast(round(price * 3) AS signed)", "round(price * 3)::bigint"),
          ("event", "amount", "sqlite"): ("", "round(amount * 3)::bigint")}
COLUMNS = {
    "customer": ["id", "email", "name", "born", "balance", "active"],
    "product": ["sku", "title", "price"],
    "orders": ["id", "customer_id", "placed", "note"],
    "order_line": ["order_id", "line", "sku", "quantity", "price"],
    "event": ["id", "at", "customer_id", "kind", "payload", "amount", "flags", "ref"],
}

# LOAD DATA's list of columns where one arrives as hex.
MYSQL_LOAD = {"event": "(id, at, customer_id, kind, payload, amount, flags, @ref) SET ref = unhex(@ref)"}


def spelled(table, engine, source):
    words = []
    for column in COLUMNS[table]:
        known = FLOATS.get((table, column, source)) or FLOATS.get((table, column)) or SPELLED.get(column)
        words.append(known[engine] if known else column)
    return ", ".join(words)


def mysql_fingerprint(server, database):
    """Rows and an order-free sum of hashes over every table."""
    query = " UNION ALL ".join(
        f"SELECT '{t}', count(*), sum(cast(conv(left(md5(concat_ws('|', {spelled(t, 0, 'mysql')})), 13),"
        f" 16, 10) AS unsigned)) FROM {t}" for t in sorted(COLUMNS))
    rows = [line.split("\t") for line in server.ask(database, query).splitlines()]
    return sorted((t, int(n), int(s)) for t, n, s in rows)


def postgres_fingerprint(server, database, schema, source):
    tables = sorted(t for t in COLUMNS if source == "mysql" or t != "product")
    query = " UNION ALL ".join(
        f"SELECT '{t}', count(*), sum(('x' || lpad(left(md5(concat_ws('|', {spelled(t, 1, source)})), 13),"
        f" 16, '0'))::bit(64)::bigint::numeric) FROM {schema}.{t}" for t in tables)
    rows = [line.split("|") for line in server.ask(database, query).splitlines()]
    return sorted((t, int(n), int(s or 0)) for t, n, s in rows)


def make_mysql(server, database, megabytes):
    counts = _counts(megabytes)
    server.run(database, MYSQL.format(last_line=counts["orders"] * 3 - 1, **counts))


def mysql_pieces(server, bytes_as):
    """(table, SELECT) of about 32 MiB each: ranges of the first column of the key."""
    ref = {"text": "concat(char(92), 'x', lower(hex(ref)))", "hex": "hex(ref)"}[bytes_as]
    for table in MYSQL_TABLES:
        columns = "*" if table != "event" else \
            f"id, at, customer_id, kind, payload, amount, flags, {ref}"
        key = {"customer": "id", "orders": "id", "order_line": "order_id", "event": "id"}.get(table)
        size = int(server.ask("source", "SELECT data_length FROM information_schema.tables WHERE"
                              f" table_schema = 'source' AND table_name = '{table}'"))
        pieces = max(size // (32 << 20), 1)
        if pieces == 1 or key is None:
            yield table, f"SELECT {columns} FROM {table}"
            continue
        top = int(server.ask("source", f"SELECT max({key}) FROM {table}")) + 1
        for at in range(pieces):
            first, last = top * at // pieces, top * (at + 1) // pieces
            yield table, f"SELECT {columns} FROM {table} WHERE {key} >= {first} AND {key} < {last}"


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
