"""What each source is: its catalog, kept fresh."""
