"""Data to bundles."""
