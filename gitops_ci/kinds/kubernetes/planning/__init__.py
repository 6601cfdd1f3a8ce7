"""What a stack renders to at base beside what it renders to at head."""
