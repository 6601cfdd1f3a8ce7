"""PostgreSQL's SQL: statements as the real parser has them, each as Changes."""
