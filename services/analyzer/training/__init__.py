"""What the analyzer is trained and measured with; nothing here runs in the service, and sqlglot and lightgbm are only here."""
