"""Apply a configuration file."""

from watchbill.config.actions.apply import Diff, apply, read

__all__ = ["Diff", "apply", "read"]
