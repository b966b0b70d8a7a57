"""The core's property tests, with as many examples as one likes."""
