"""A plan as Terraform tells it, turned into Changes without what is secret."""
