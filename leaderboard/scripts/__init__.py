"""The scripts in Lua, and how they are called."""
