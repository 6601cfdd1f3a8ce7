-- Fails rather than queue behind a long transaction and hold up everybody else.
SET lock_timeout = '2s';
SET statement_timeout = '5s';

ALTER TABLE orders ADD COLUMN shipped_at timestamptz;
