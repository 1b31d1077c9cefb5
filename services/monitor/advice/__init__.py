"""Which indexes the plans really asked lack, and what came of those that were made."""
