"""The transparency log: Merkle trees, tiles, signed notes, witnesses. It knows no business."""
