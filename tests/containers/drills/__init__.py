"""The drills in containers, each on the stack that the ones before it left running."""
