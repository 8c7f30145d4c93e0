"""What people look at: tables, bills, questions."""
