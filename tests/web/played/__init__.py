"""A whole desk played over simulated time: the real server and the real engine, against fakes that speak the wire format of what is outside."""
