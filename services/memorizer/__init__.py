"""What was said before: conversations, facts, preferences."""
