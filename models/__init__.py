"""Articles to analyses. Importing this package loads nothing heavy."""
