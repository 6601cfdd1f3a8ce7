-- CONCURRENTLY leaves the table writable, and so cannot run inside a transaction: nothing else is in this file.
CREATE INDEX CONCURRENTLY orders_customer_id_idx ON orders (customer_id);
