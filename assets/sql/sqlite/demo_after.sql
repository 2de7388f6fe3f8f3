-- After the rows: the trigger would fire for each of them.
CREATE INDEX ix_customers_country ON customers (country);
CREATE INDEX ix_orders_customer ON orders (customer_id, placed DESC);
CREATE INDEX ix_orders_open ON orders (placed) WHERE state IN ('new', 'paid', 'packed');
CREATE INDEX ix_order_lines_order ON order_lines (order_id);
CREATE INDEX ix_order_lines_sku ON order_lines (sku);
CREATE INDEX ix_visits_customer ON visits (customer_id);
CREATE TRIGGER order_lines_pieces AFTER INSERT ON order_lines BEGIN
    UPDATE stock SET pieces = pieces - new.pieces
    WHERE sku = new.sku AND warehouse = 'Amsterdam' AND pieces >= new.pieces;
END;
