-- A well-behaved SQLite database: all of it has an exact form in PostgreSQL.
BEGIN;
CREATE TABLE customer (id INTEGER PRIMARY KEY AUTOINCREMENT, email TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL, born DATE, active BOOLEAN NOT NULL DEFAULT 1, photo BLOB);
CREATE TABLE product (sku TEXT PRIMARY KEY NOT NULL, title VARCHAR(80) NOT NULL,
    price DECIMAL(10, 2) NOT NULL CHECK (price >= 0), weight REAL);
CREATE TABLE "Order" (id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL REFERENCES customer (id)
    ON DELETE CASCADE, placed_at DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP, note TEXT);
CREATE TABLE order_line (order_id INTEGER NOT NULL REFERENCES "Order" (id), line INTEGER NOT NULL,
    sku TEXT NOT NULL REFERENCES product (sku), quantity INTEGER NOT NULL CHECK (quantity > 0),
    PRIMARY KEY (order_id, line)) WITHOUT ROWID;
CREATE TABLE note (about TEXT, text TEXT);
CREATE INDEX order_customer ON "Order" (customer_id, placed_at DESC);
CREATE UNIQUE INDEX product_title ON product (title);
CREATE INDEX line_sku ON order_line (sku) WHERE quantity > 1;
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)
INSERT INTO customer (email, name, born, active, photo)
    SELECT 'c' || i || '@example.org', 'Süß ' || i || char(9) || '\', date('1950-01-01', i || ' days'),
           i % 2, CASE WHEN i % 10 = 0 THEN CAST(hex(i) || x'00ff5c' AS BLOB) END FROM n;
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500)
INSERT INTO product SELECT 'sku-' || i, 'Title ' || i, i / 4.0, CASE WHEN i % 3 THEN i / 7.0 END FROM n;
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 8000)
INSERT INTO "Order" SELECT i, 1 + i % 3000, datetime('2024-01-01', i || ' minutes'),
    CASE WHEN i % 4 = 0 THEN 'note ' || i || char(10) || 'second line' END FROM n;
INSERT INTO order_line SELECT o.id, l.value, 'sku-' || (1 + (o.id * 7 + l.value) % 500), 1 + o.id % 5
    FROM "Order" o, json_each('[1,2,3]') l;
INSERT INTO note VALUES ('a', 'same'), ('a', 'same'), (NULL, NULL), ('', '');
COMMIT;
