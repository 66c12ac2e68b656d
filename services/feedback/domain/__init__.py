"""The rules of feedback: rounds, problems, issuing, deliveries, objections, leads."""
