"""Relationships that no foreign key declares, found from names, types, values and uniqueness."""
