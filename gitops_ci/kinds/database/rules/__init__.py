"""What the lint says of the statements of migrations that enter a database."""
