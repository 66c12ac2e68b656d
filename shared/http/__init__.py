"""HTTP in and out: one app factory, one way to say no, one place for who may do what."""
