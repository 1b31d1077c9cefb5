"""What makes the numbers tell: comparisons, shares, trends, completeness."""
