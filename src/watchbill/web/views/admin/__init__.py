"""Administration: every change is seen before it is made, goes by the rules of the configuration file, and can be taken back."""
