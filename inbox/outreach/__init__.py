"""Writing to many: templates (M24), sequences (M25)."""
