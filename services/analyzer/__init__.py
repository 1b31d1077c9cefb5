"""What was asked: from a question in Portuguese or English to a typed QueryPlan."""
