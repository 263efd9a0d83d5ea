"""The floor everything stands on: errors, database time, the embedded database, signals between processes."""
