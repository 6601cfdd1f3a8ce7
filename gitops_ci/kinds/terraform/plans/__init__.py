"""Plans as Terraform tells them, turned into Changes without what is secret."""
