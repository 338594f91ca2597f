"""Settings, Celery's configuration, and the defaults that a person can edit."""
