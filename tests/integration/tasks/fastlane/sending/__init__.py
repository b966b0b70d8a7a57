"""Tests of the fast lane's sending."""
