"""How prices have moved in the session, in few points a symbol."""
