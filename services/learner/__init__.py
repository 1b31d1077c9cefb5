"""What experience teaches: patterns, versioned, gated and reversible."""
