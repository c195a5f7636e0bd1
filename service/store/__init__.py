"""What is kept: articles and their versions, analyses, corrections, jobs, keys, in SQLite or PostgreSQL.

sqlalchemy and alembic are imported by the modules in here only, and those only when the store is opened (storage.py), so that
a service that stores nothing stays light. Nothing in here knows HTTP.
"""
