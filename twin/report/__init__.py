"""What a person reads: tables, figures, pages and workbooks of results. Nothing here computes a result."""
