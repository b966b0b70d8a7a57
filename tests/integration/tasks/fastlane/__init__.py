"""Tests of fastlane."""
