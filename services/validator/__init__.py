"""Is it right: checks on question, plan, query, result and answer."""
