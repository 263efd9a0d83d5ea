"""The signed webhook: a contact method, and the way in which other systems hear from us."""
