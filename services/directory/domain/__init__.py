"""The rules of the directory: organisations, persons, policy, legal bases, calendars."""
