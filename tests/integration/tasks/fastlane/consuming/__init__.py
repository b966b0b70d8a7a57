"""Tests of the fast lane's consuming."""
