"""Which reports may this viewer know of, and what is in them? Only reads; every read goes through `visible_to`."""
