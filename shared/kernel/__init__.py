"""What every room may know: time, ids, who acts, in which context, and how Duban says no."""
