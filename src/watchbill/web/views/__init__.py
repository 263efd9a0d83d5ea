"""The pages: parse, permission, one action or selector, render."""
