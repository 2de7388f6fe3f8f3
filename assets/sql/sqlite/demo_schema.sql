-- The shop of `tidegate demo`.
CREATE TABLE countries (
    code CHAR(2) PRIMARY KEY NOT NULL,
    name TEXT NOT NULL
);
CREATE TABLE customers (
    id INTEGER PRIMARY KEY,
    email VARCHAR(120) NOT NULL UNIQUE,
    name VARCHAR(80) NOT NULL,
    country CHAR(2) NOT NULL REFERENCES countries (code),
    newsletter BOOLEAN,
    joined DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE TABLE products (
    sku VARCHAR(12) PRIMARY KEY NOT NULL,
    name TEXT NOT NULL,
    price DECIMAL(10,2) NOT NULL CHECK (price >= 0),
    details JSON,
    picture BLOB
);
CREATE TABLE stock (
    warehouse TEXT NOT NULL,
    sku VARCHAR(12) NOT NULL REFERENCES products (sku),
    pieces INTEGER NOT NULL DEFAULT 0 CHECK (pieces >= 0),
    PRIMARY KEY (warehouse, sku)
) WITHOUT ROWID;
CREATE TABLE orders (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    customer_id INTEGER NOT NULL REFERENCES customers (id),
    placed DATETIME NOT NULL,
    state VARCHAR(12) NOT NULL DEFAULT 'new',
    total DECIMAL(10,2),
    CONSTRAINT orders_state CHECK (
        state IN ('new', 'paid', 'packed', 'sent', 'delivered', 'returned'))
);
CREATE TABLE order_lines (
    id INTEGER PRIMARY KEY,
    order_id INTEGER NOT NULL REFERENCES orders (id) ON DELETE CASCADE,
    sku VARCHAR(12) NOT NULL REFERENCES products (sku),
    pieces INTEGER NOT NULL CHECK (pieces BETWEEN 1 AND 1000),
    price DECIMAL(10,2) NOT NULL,
    note TEXT
);
CREATE TABLE visits (
    at DATETIME NOT NULL,
    page TEXT NOT NULL,
    customer_id INTEGER
);
CREATE VIEW order_totals AS
    SELECT o.id, o.customer_id, sum(l.pieces * l.price) AS total
    FROM orders AS o JOIN order_lines AS l ON l.order_id = o.id GROUP BY o.id;
CREATE VIEW customers_by_country AS
    SELECT c.name, count(*) AS customers
    FROM customers AS p JOIN countries AS c ON c.code = p.country GROUP BY c.code;
