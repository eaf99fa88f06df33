"""Matching on two spreadsheets: read with every bad cell named, matched, and written with the reasons."""
