"""What is wrong with an installation, and what of it may be shown to strangers (M59)."""
