"""Shared rooms: nothing here decides business."""
