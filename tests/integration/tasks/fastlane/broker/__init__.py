"""Tests of the fast lane's broker."""
